"""Data sets that stay on disk, beside the same in memory."""

import io
import os
import types

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from jaxsparse import data
from jaxsparse.data import datasets, order, records, splits, stream

TEST_DATA = os.environ.get('JAXSPARSE_TEST_DATA')
needs_test_data = pytest.mark.skipif(
  not TEST_DATA, reason='JAXSPARSE_TEST_DATA names no TFDS folder'
)


class Views(tfds.core.GeneratorBasedBuilder):
  """Images that differ in size: a ramp from left to right, one colour down."""

  VERSION = tfds.core.Version('1.0.0')

  def _info(self):
    return tfds.core.DatasetInfo(
      builder=self,
      features=tfds.features.FeaturesDict(
        {
          'image': tfds.features.Image(encoding_format='png'),
          'label': tfds.features.ClassLabel(num_classes=2),
        }
      ),
      supervised_keys=('image', 'label'),
    )

  def _split_generators(self, dl_manager):
    return {'train': self._generate(6), 'test': self._generate(2)}

  def _generate_examples(self):
    raise NotImplementedError

  def _generate(self, count):
    for i in range(count):
      row = np.arange(64, dtype=np.uint8)[None, :, None]
      file = io.BytesIO()
      Image.fromarray(np.tile(row, (40 + i, 1, 3))).save(file, 'PNG')
      file.seek(0)
      yield i, {'image': file, 'label': i % 2}


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp('tfds')
  data.load(Views, data_dir=folder)
  data.load('digits', data_dir=folder)
  return folder


def test_examples_are_read_where_they_are_indexed(folder):
  resident, streamed = (
    data.load('digits', data_dir=folder, validation=9, source=source)
    for source in ('resident', 'stream')
  )
  assert streamed.fingerprint.keys() == resident.fingerprint.keys()
  for ours, theirs in zip(streamed[:-1], resident[:-1], strict=True):
    if not isinstance(theirs, data.Split):
      assert ours == theirs
      continue
    for here, there in zip(ours, theirs, strict=True):
      assert (here.shape, here.dtype) == (there.shape, there.dtype)
      assert (len(here), here.ndim) == (len(there), there.ndim)
      for rows in (slice(None, 9), slice(-3, None), np.array([2, 0, 2])):
        np.testing.assert_array_equal(here[rows], there[rows])


def test_labels_are_taken_as_an_array(folder):
  resident, streamed = (
    data.load('digits', data_dir=folder, source=source).test.labels
    for source in ('resident', 'stream')
  )
  guesses = np.arange(len(resident)) % 10
  np.testing.assert_array_equal(guesses == streamed, guesses == resident)


def test_only_what_is_small_is_resident_by_itself(folder, monkeypatch):
  def is_stored():
    return records.is_stored(data.load('digits', data_dir=folder).train.images)

  assert not is_stored()
  monkeypatch.setattr(datasets, '_MOST_RESIDENT', 1797 * 64)
  assert not is_stored()
  monkeypatch.setattr(datasets, '_MOST_RESIDENT', 1797 * 64 - 1)
  assert is_stored()


def test_images_that_differ_in_size_are_resized(folder):
  views = data.load('views', data_dir=folder)
  known = data.describe('views', data_dir=folder)
  assert known.train.images.shape == (6, 224, 224, 3)
  assert views.train.images.shape == (6, 224, 224, 3)
  small = data.load('views', data_dir=folder, image_size=5)
  known = data.describe('views', data_dir=folder, image_size=5)
  assert known.train.images.shape == small.train.images.shape
  assert small.train.images.shape[1:] == (5, 5, 3)
  # The centre of 64 pixels, 7/8 of a height of 40 to 45 wide, in five parts.
  for image in small.train.images[:]:
    assert np.ptp(image, axis=(0, 2)).max() == 0
    row = image[0, :, 0].astype(float)
    assert abs(row.mean() - 31.5) <= 0.7
    assert np.all((np.diff(row) >= 6) & (np.diff(row) <= 9))


def test_each_step_sees_other_parts_of_an_image(folder):
  train = data.load('views', data_dir=folder, image_size=5).train

  def batches(*crop_words):
    return stream.TrainBatches(
      train.images.records,
      words=(1,),
      crop_words=crop_words,
      batch_size=6,
      num_steps=50,
    )

  ours, others = batches(2), batches(3)
  means = np.array([ours[t][0].mean((1, 2, 3)) for t in range(50)])
  assert np.unique(means.round(2)).size > 100
  assert abs(means.mean() - 31.5) < 2
  np.testing.assert_array_equal(ours[7][0], batches(2)[7][0])
  np.testing.assert_array_equal(others[7][1], ours[7][1])
  assert np.any(others[7][0] != ours[7][0])


@pytest.mark.parametrize(
  ('name', 'options', 'expected'),
  [
    ('digits', {'source': 'strem'}, "source is 'strem'.*mean 'stream'"),
    ('digits', {'source': 'resident', 'image_size': 9}, 'source stream'),
    ('views', {'source': 'resident'}, r'\(None, None, 3\).*\(224, 224, 3\)'),
  ],
)
def test_a_source_that_cannot_be(folder, name, options, expected):
  for look in (data.load, data.describe):
    with pytest.raises(data.DataError, match=expected):
      look(name, data_dir=folder, **options)


def test_imagenet_is_tested_on_its_validation_split():
  """The labels of its test split are all -1."""
  names = dict.fromkeys(('train', 'validation', 'test'))
  for name, expected in [('imagenet2012', 'validation'), ('other', 'test')]:
    info = types.SimpleNamespace(name=name, splits=names)
    assert splits.held_out(info) == expected


@pytest.mark.slow
@needs_test_data
@pytest.mark.parametrize('name', ['mnist', 'cifar10_jpeg'])
def test_streamed_and_resident_give_the_same(name):
  resident = data.load(name, data_dir=TEST_DATA).train
  streamed = data.load(name, data_dir=TEST_DATA, source='stream').train
  size, words = len(resident.labels), (3, 8)
  batches = stream.TrainBatches(
    streamed.images.records,
    words=words,
    crop_words=(0,),
    batch_size=300,
    num_steps=400,
  )
  # The last batch of an epoch and the first of the next among them.
  for step in (0, 7, size // 300, size // 300 + 1, 399):
    (rows,) = order.batch_indices(words, size, 300, step, step + 1)
    images, labels = batches[step]
    np.testing.assert_array_equal(images, resident.images[rows])
    np.testing.assert_array_equal(labels, resident.labels[rows])
