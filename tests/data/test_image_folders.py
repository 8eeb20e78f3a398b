"""Images of the user's own, as files in a folder for each class."""

import os

import numpy as np
import pytest
from PIL import Image

from jaxsparse import data
from jaxsparse.data import decoding, image_folders, stream

CLASSES = ('ant', 'bee')


def pixels(seed, shape):
  return np.random.default_rng(seed).integers(256, size=shape, dtype=np.uint8)


def save(path, array):
  path.parent.mkdir(parents=True, exist_ok=True)
  Image.fromarray(array).save(path)


def written(root, shape=(4, 6), splits=('train', 'test'), count=5):
  """Writes images of each class, and returns them by split and label."""
  arrays = {}
  for i, split in enumerate(splits):
    for label, name in enumerate(CLASSES):
      for j in range(count):
        array = pixels(100 * i + 10 * label + j, shape)
        save(root / split / name / f'{j}.png', array)
        arrays[split, label, j] = array
  return arrays


def as_set(split):
  return {
    (image.tobytes(), int(label))
    for image, label in zip(split.images[:], split.labels[:], strict=True)
  }


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
  monkeypatch.setenv('JAXSPARSE_CACHE_DIR', str(tmp_path / 'cache'))


def test_folders_are_classes_in_the_order_of_their_names(tmp_path):
  arrays = written(tmp_path / 'pets')
  dataset = data.load('pets', data_dir=tmp_path)
  assert dataset.train.images.shape == (10, 4, 6, 1)
  assert (dataset.num_classes, dataset.scale) == (2, 1 / 255)
  for split in ('train', 'test'):
    assert as_set(getattr(dataset, split)) == {
      (array.tobytes(), label)
      for (name, label, _), array in arrays.items()
      if name == split
    }
  assert data.load(str(tmp_path / 'pets')).fingerprint == dataset.fingerprint
  described = data.describe(str(tmp_path / 'pets'), validation=3)
  assert described.train.images.shape == (7, 4, 6, 1)
  assert described.train.images.dtype == np.uint8
  assert len(described.validation.labels) == 3


def test_a_cut_is_a_fair_sample(tmp_path):
  written(tmp_path, count=20)
  cut = data.load(str(tmp_path), validation=0.5)
  assert 5 < cut.validation.labels.sum() < 15
  whole = data.load(str(tmp_path))
  np.testing.assert_array_equal(whole.train.images[:20], cut.train.images)


def test_a_validation_split_of_its_own(tmp_path):
  arrays = written(tmp_path, splits=('train', 'test', 'val'))
  dataset = data.load(str(tmp_path))
  assert as_set(dataset.validation) == {
    (array.tobytes(), label)
    for (name, label, _), array in arrays.items()
    if name == 'val'
  }
  assert sorted(dataset.fingerprint) == ['test', 'train', 'validation']
  assert len(data.describe(str(tmp_path)).validation.labels) == 10
  for read in (data.load, data.describe):
    with pytest.raises(data.DataError, match=r'validation is 0.1, .* accepted'):
      read(str(tmp_path), validation=0.1)
  (tmp_path / 'test').rename(tmp_path / 'old')
  tested = data.load(str(tmp_path))
  assert (len(tested.test.labels), tested.validation) == (10, None)


def test_a_second_load_decodes_nothing_until_a_file_changes(
  tmp_path, monkeypatch
):
  folder = tmp_path / 'pets'
  written(folder)
  fingerprint = data.load(str(folder)).fingerprint
  with monkeypatch.context() as patch:
    patch.setattr(decoding, 'decode', None)
    patch.setattr(image_folders, '_header', None)
    assert data.load(str(folder)).fingerprint == fingerprint
  a, b = (folder / 'train' / name / '0.png' for name in CLASSES)
  a.rename(tmp_path / 'a')
  b.rename(a)
  (tmp_path / 'a').rename(b)
  swapped = data.load(str(folder)).fingerprint
  assert swapped['train'] != fingerprint['train']
  assert swapped['test'] == fingerprint['test']


def test_one_image_in_colour_makes_three_channels(tmp_path):
  written(tmp_path)
  colour = pixels(7, (4, 6, 4))
  save(tmp_path / 'test/bee/deep/er/x.PNG', colour)
  (tmp_path / 'test/bee/notes.txt').write_text('left out')
  (tmp_path / 'test/bee/._x.png').write_text('left out')
  dataset = data.load(str(tmp_path))
  assert dataset.test.images.shape == (11, 4, 6, 3)
  assert (colour[..., :3].tobytes(), 1) in as_set(dataset.test)


def test_images_of_different_sizes_are_resized_or_refused(tmp_path):
  written(tmp_path)
  save(tmp_path / 'test/ant/wide.png', pixels(1, (4, 9)))
  expected = r'ant/wide.png is 4 x 9.* accepted are images of one size'
  for read in (data.load, data.describe):
    with pytest.raises(data.DataError, match=r'\d.png is 4 x 6') as refused:
      read(str(tmp_path))
    assert refused.match(expected)
  described = data.describe(str(tmp_path), image_size=8)
  assert described.test.images.shape == (11, 8, 8, 1)
  dataset = data.load(str(tmp_path), image_size=8)
  assert dataset.test.images.shape == (11, 8, 8, 1)
  assert dataset.test.images[2:4].shape == (2, 8, 8, 1)
  assert dataset.train.labels[:].tolist().count(1) == 5
  with pytest.raises(data.DataError, match='accepted with that is .* stream'):
    data.load(str(tmp_path), image_size=8, source='resident')


def test_streamed_images_are_those_in_memory(tmp_path):
  written(tmp_path)
  path = str(tmp_path)
  kept = data.load(path, validation=4).train
  streamed = data.load(path, validation=4, source='stream')
  rows = np.array([0, 5, 3])
  with stream.Stream(
    stream.RowBatches(streamed.train.images.records, rows[None]), workers=1
  ) as running:
    (batch,) = running.take(0, 1)
  np.testing.assert_array_equal(batch.images, kept.images[rows])
  np.testing.assert_array_equal(batch.labels, kept.labels[rows])
  assert 'in 10 files' in streamed.fingerprint['train']


@pytest.mark.parametrize(
  ('change', 'expected'),
  [
    (lambda p: (p / 'test').rename(p / 'tset'), r"has the splits \['train'\]"),
    (lambda p: (p / 'train/cat').mkdir(), 'train/cat has no images; accepted'),
    (
      lambda p: save(p / 'test/bees/1.png', pixels(1, (4, 6))),
      "test/bees/1.png is of the class 'bees'.*Did you mean 'bee'",
    ),
    (
      lambda p: (p / 'train/ant/1.png').write_text('none'),
      'cannot read the image .*train/ant/1.png',
    ),
    (
      lambda p: os.truncate(p / 'train/ant/1.png', 60),
      'train/ant/1.png: an image cannot be decoded',
    ),
    (
      lambda p: save(p / 'train/ant/1.png', np.ones((4, 6), np.uint16)),
      "train/ant/1.png has pixels of the mode 'I;16'; accepted are 8 bits",
    ),
    (
      lambda p: [(p / 'test' / c).rename(p / f'test/.{c}') for c in CLASSES],
      'test has no folders; accepted is one for each class',
    ),
  ],
  ids=['split', 'class', 'unknown', 'image', 'truncated', 'deep', 'folders'],
)
def test_what_is_refused_names_its_place(tmp_path, change, expected):
  written(tmp_path)
  change(tmp_path)
  with pytest.raises(data.DataError, match=expected):
    data.load(str(tmp_path))


def test_a_folder_without_data(tmp_path):
  with pytest.raises(data.DataError, match='nowhere.* is no folder'):
    data.load(str(tmp_path / 'nowhere'))
  (tmp_path / 'pictures').mkdir()
  with pytest.raises(
    data.DataError, match="has pictures in it; .* 'train' with"
  ):
    data.load(str(tmp_path))


def test_a_text_by_its_path(tmp_path):
  for split in ('train', 'test'):
    (tmp_path / f'{split}.txt').write_bytes(bytes(range(50)))
  dataset = data.load(str(tmp_path), sequence_length=7)
  assert dataset.train.images.shape == (7, 7)
