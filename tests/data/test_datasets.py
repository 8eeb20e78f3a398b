import io
import os
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from jaxsparse import data
from jaxsparse.data import splits

TEST_DATA = os.environ.get('JAXSPARSE_TEST_DATA')
needs_test_data = pytest.mark.skipif(
  not TEST_DATA, reason='JAXSPARSE_TEST_DATA names no TFDS folder'
)
INFO = 'dataset_info.json'


class Stripes(tfds.core.GeneratorBasedBuilder):
  """A data set of a user's own: colour PNGs, no test split, metadata none."""

  VERSION = tfds.core.Version('1.2.0')

  def _info(self):
    return tfds.core.DatasetInfo(
      builder=self,
      features=tfds.features.FeaturesDict(
        {
          'picture': tfds.features.Image(
            shape=(4, 6, 3), encoding_format='png'
          ),
          'kind': tfds.features.ClassLabel(num_classes=3),
        }
      ),
      supervised_keys=('picture', 'kind'),
    )

  def _split_generators(self, dl_manager):
    return {'train': self._generate(9), 'validation': self._generate(3)}

  def _generate_examples(self):
    raise NotImplementedError

  def _generate(self, count):
    for i in range(count):
      yield i, {'picture': png(pixels(i)), 'kind': i % 3}


class Words(tfds.core.GeneratorBasedBuilder):
  """Not images."""

  VERSION = tfds.core.Version('1.0.0')

  def _info(self):
    features = {'text': tfds.features.Tensor(shape=(), dtype=np.int64)}
    return tfds.core.DatasetInfo(
      builder=self, features=tfds.features.FeaturesDict(features)
    )

  def _split_generators(self, dl_manager):
    return {'train': self._generate_examples()}

  def _generate_examples(self):
    yield 0, {'text': 1}


def pixels(i):
  return np.random.default_rng(i).integers(0, 256, (4, 6, 3), np.uint8)


def png(array):
  file = io.BytesIO()
  Image.fromarray(array).save(file, 'PNG')
  file.seek(0)
  return file


@pytest.fixture(scope='module')
def prepared(tmp_path_factory):
  folder = tmp_path_factory.mktemp('tfds')
  data.load(Stripes, data_dir=folder)
  return folder


@pytest.fixture
def folder(prepared, tmp_path):
  """A copy that a test may harm."""
  return shutil.copytree(prepared, tmp_path / 'tfds')


def test_a_builder_of_the_users_own(prepared):
  dataset = data.load(Stripes, data_dir=prepared)
  expected = {pixels(i).tobytes(): i % 3 for i in range(9)}
  got = {
    image.tobytes(): label for image, label in zip(*dataset.train, strict=True)
  }
  assert got == expected
  assert dataset.test.images.shape == (3, 4, 6, 3)
  assert dataset.scale == pytest.approx(1 / 255)
  assert dataset.num_classes == 3


def test_a_folder_is_opened_once_and_by_each_reader(
  prepared, monkeypatch, tmp_path
):
  monkeypatch.setenv('JAXSPARSE_CACHE_DIR', str(tmp_path))
  opened, usual = [], tfds.builder_from_directory

  def counted(folder):
    opened.append(folder)
    return usual(folder)

  monkeypatch.setattr(tfds, 'builder_from_directory', counted)
  data.describe('stripes', data_dir=prepared)
  assert len(opened) == 1
  kept = data.load('stripes', data_dir=prepared, source='stream')
  assert len(opened) == 1
  kept.train.images[:1]
  assert len(opened) == 2


@pytest.mark.parametrize('name', ['stripes', 'stripes/1.2.0', 'stripes:1.2.0'])
def test_what_is_prepared_goes_by_name(prepared, name):
  by_name = data.load(name, data_dir=prepared)
  by_class = data.load(Stripes, data_dir=prepared)
  np.testing.assert_array_equal(by_name.train.images, by_class.train.images)


@pytest.mark.parametrize(
  ('name', 'classes'),
  [('fashion_mnist', 10), ('emnist/letters', 37), ('emnist/balanced', 47)],
)
def test_stock_data_sets_go_by_name_once_prepared(
  name, classes, tmp_path, monkeypatch
):
  """TFDS's own builders, with examples that are made up."""

  def examples(count):
    for i in range(count):
      image = np.full((28, 28), i, np.uint8)
      yield i, {'image': png(image), 'label': classes - 1 - i}

  def splits(self, dl_manager):
    return {'train': examples(6), 'test': examples(2)}

  stock = tfds.builder_cls(name.partition('/')[0])
  monkeypatch.setattr(stock, '_split_generators', splits)
  builder = tfds.builder(name, data_dir=tmp_path, file_format='array_record')
  builder.download_and_prepare(
    download_config=tfds.download.DownloadConfig(try_download_gcs=False)
  )
  dataset = data.load(name, data_dir=tmp_path)
  assert dataset.num_classes == classes
  assert dataset.train.images.shape == (6, 28, 28, 1)
  assert dataset.test.images.shape == (2, 28, 28, 1)
  assert dict(
    zip(dataset.train.images[:, 3, 4, 0], dataset.train.labels, strict=True)
  ) == {i: classes - 1 - i for i in range(6)}


def test_dotted_path(tmp_path, monkeypatch):
  source = 'from jaxsparse.data.builders.digits import Digits\n'
  (tmp_path / 'my_own_module.py').write_text(source)
  monkeypatch.syspath_prepend(tmp_path)
  dataset = data.load('my_own_module.Digits', data_dir=tmp_path / 'tfds')
  assert dataset.name == 'digits'


def test_the_default_folder_is_that_of_tfds(prepared, monkeypatch):
  monkeypatch.setenv('TFDS_DATA_DIR', str(prepared))
  assert data.load('stripes').name == 'stripes'


def test_the_newest_version_is_taken(folder):
  shutil.copytree(folder / 'stripes' / '1.2.0', folder / 'stripes' / '1.10.0')
  shutil.rmtree(folder / 'stripes' / '1.2.0')
  shutil.copytree(folder / 'stripes' / '1.10.0', folder / 'stripes' / '1.9.0')
  (folder / 'stripes' / '1.9.0' / 'features.json').write_text('damaged')
  assert data.load('stripes', data_dir=folder).name == 'stripes'


@pytest.mark.parametrize(
  ('name', 'expected'),
  [
    ('mnist', r"not prepared; in '.*' are: stripes.*jaxsparse\[tf\].*mnist"),
    ('emnist/letters', "not prepared.*builder\\('emnist/letters', data_dir="),
    ('stripe', "not known.*digits.*Did you mean 'stripes'"),
    ('digit', "not known.*Did you mean 'digits'"),
    ('mnits', "not known.*Did you mean 'mnist'"),
    ('os.path.join', 'no TFDS builder class'),
    ('my_package.no_such', 'names no function'),
  ],
)
def test_a_name_that_leads_nowhere(prepared, name, expected):
  with pytest.raises(ValueError, match=expected):
    data.load(name, data_dir=prepared)


def test_a_name_of_another_type(prepared):
  with pytest.raises(TypeError, match='accepted is a name or'):
    data.load(3, data_dir=prepared)


def test_a_configuration_is_asked_for(folder):
  (folder / 'sets' / 'one').mkdir(parents=True)
  (folder / 'stripes' / '1.2.0').rename(folder / 'sets' / 'one' / '1.2.0')
  with pytest.raises(data.DataError, match='configuration: sets/one'):
    data.load('sets', data_dir=folder)
  assert data.load('sets/one', data_dir=folder).num_classes == 3


def test_a_folder_that_does_not_exist(tmp_path):
  with pytest.raises(data.DataError, match='nowhere.* does not exist'):
    data.load('mnist', data_dir=tmp_path / 'nowhere')


def test_not_images(tmp_path):
  with pytest.raises(data.DataError, match="'words' is not one of images"):
    data.load(Words, data_dir=tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path):
  (tmp_path / 'file').write_text('')
  with pytest.raises(data.DataError, match="cannot prepare data set 'digits'"):
    data.load('digits', data_dir=tmp_path / 'file')


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write anywhere')
def test_a_read_only_folder(tmp_path):
  tmp_path.chmod(0o555)
  with pytest.raises(data.DataError, match='Give a data_dir'):
    data.load('digits', data_dir=tmp_path)


def test_another_file_format(folder):
  info = folder / 'stripes' / '1.2.0' / INFO
  info.write_text(info.read_text().replace('array_record', 'tfrecord'))
  with pytest.raises(
    data.DataError, match='stored as tfrecord; only array_rec'
  ):
    data.load('stripes', data_dir=folder)


@pytest.mark.parametrize(
  ('file', 'content'),
  [
    ('features.json', None),
    ('features.json', '{"cut sho'),
    (INFO, '{"cut sho'),
    ('stripes-train.array_record-00000-of-00001', None),
    ('stripes-train.array_record-00000-of-00001', ''),
  ],
)
def test_damage(folder, file, content):
  path = folder / 'stripes' / '1.2.0' / file
  path.unlink()
  if content is not None:
    path.write_text(content)
  with pytest.raises(data.DataError, match=r'1\.2\.0.*prepare it again'):
    data.load('stripes', data_dir=folder)


@pytest.mark.parametrize(
  ('validation', 'count'),
  [
    (0, 0),
    (0.0, 0),
    (7, 7),
    (99, 99),
    (0.29, 29),
    (0.999, 99),
    (np.int64(3), 3),
  ],
)
def test_validation_size(validation, count):
  assert splits.validation_size(validation, 100) == count


@pytest.mark.parametrize(
  'validation', [-1, 100, 101, -0.1, 1.0, 5.0, float('nan'), '7', True, None]
)
def test_validation_out_of_range(validation):
  with pytest.raises(data.DataError, match='validation'):
    splits.validation_size(validation, 100)


def test_validation_too_large_is_said_on_load(prepared):
  with pytest.raises(data.DataError, match=r'validation 9 .*\[0, 9\)'):
    data.load('stripes', data_dir=prepared, validation=9)


@needs_test_data
@pytest.mark.slow
def test_mnist():
  mnist = data.load('mnist', data_dir=TEST_DATA, validation=10_000)
  assert mnist.train.images.shape == (50_000, 28, 28, 1)
  assert mnist.validation.images.shape == (10_000, 28, 28, 1)
  assert mnist.test.images.shape == (10_000, 28, 28, 1)
  labels = np.concatenate([mnist.train.labels, mnist.validation.labels])
  # Published: the count of each digit, and the mean grey value, 0.1307.
  assert np.bincount(labels).tolist() == [
    *(5923, 6742, 5958, 6131, 5842),
    *(5421, 5918, 6265, 5851, 5949),
  ]
  pixels = sum(
    int(split.images.sum(dtype=np.int64))
    for split in (mnist.train, mnist.validation)
  )
  assert round(pixels * mnist.scale / (60_000 * 784), 4) == 0.1307


@needs_test_data
def test_text_without_a_sequence_length_is_refused():
  with pytest.raises(data.DataError, match='sequence_length is 0'):
    data.load('tiny_shakespeare', data_dir=TEST_DATA)
