"""Data that a function of the user's own returns, or that are in a file."""

import numpy as np
import pytest

from jaxsparse import data
from jaxsparse.data import array_origins

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(256, size=(12, 4, 3), dtype=np.uint8)
LABELS = np.tile([2, 0, 1], 4)
calls = []


def spirals():
  calls.append(1)
  return {'train': (IMAGES, LABELS), 'test': (IMAGES[:3], LABELS[:3])}


def with_validation():
  part = IMAGES[:6], LABELS[:6]
  return spirals() | {'validation': part}


def without_test():
  splits = with_validation()
  del splits['test']
  return splits


def sorted_by_class():
  return spirals() | {'train': (IMAGES, np.sort(LABELS))}


def broken():
  return open('/nowhere/at/all')


def alone():
  return IMAGES, LABELS


def misnamed():
  return spirals() | {'dev': (IMAGES, LABELS)}


def unpaired():
  return {'train': IMAGES, 'test': (IMAGES, LABELS)}


def needs_more(size, *, seed=0):
  del size, seed


@pytest.fixture(autouse=True)
def forgotten():
  array_origins.read.cache_clear()
  calls.clear()


def test_a_function_is_called_once_for_all_runs():
  dataset = data.load(spirals)
  np.testing.assert_array_equal(dataset.train.images[..., 0], IMAGES)
  np.testing.assert_array_equal(dataset.test.labels, LABELS[:3])
  assert (dataset.validation, dataset.num_classes) == (None, 3)
  cut = data.load(spirals, validation=0.25)
  np.testing.assert_array_equal(cut.train.images[..., 0], IMAGES[:9])
  np.testing.assert_array_equal(cut.validation.labels, LABELS[9:])
  assert cut.fingerprint == dataset.fingerprint
  assert len(calls) == 1


def test_a_function_goes_by_its_dotted_path(tmp_path, monkeypatch):
  (tmp_path / 'my_own_data.py').write_text(
    'import numpy as np\n'
    'def blobs():\n'
    '  x = np.eye(4), np.arange(4)\n'
    "  return {'train': x, 'test': x}\n"
  )
  monkeypatch.syspath_prepend(tmp_path)
  dataset = data.load('my_own_data.blobs')
  assert dataset.name == 'my_own_data.blobs'
  assert dataset.train.images.shape == (4, 1, 1, 4)
  described = data.describe('my_own_data.blobs')
  assert described.train.images.shape == (4, 1, 1, 4)
  assert described.train.images.dtype == np.float32
  made_up = data.noise(described, 5).train
  assert (made_up.images.dtype, made_up.images.shape[0]) == (np.float32, 5)


def test_a_validation_split_of_its_own():
  dataset = data.load(with_validation)
  assert len(dataset.validation.labels) == 6
  assert sorted(dataset.fingerprint) == ['test', 'train', 'validation']
  with pytest.raises(
    data.DataError, match='validation is 0.5, .*accepted is 0'
  ):
    data.load(with_validation, validation=0.5)
  tested = data.load(without_test, validation=0.5)
  assert (len(tested.train.labels), len(tested.test.labels)) == (6, 6)


@pytest.mark.parametrize(
  ('function', 'expected'),
  [
    (
      broken,
      r'broken.* failed, .*test_array_origins.py, line \d+: FileNotFound',
    ),
    (alone, "alone' returned tuple; accepted is {'train': .images, labels"),
    (misnamed, r"returned the splits \['dev'\]; accepted are train, valid"),
    (unpaired, "returned {'train': ndarray, 'test': tuple}"),
    (needs_more, 'no function without arguments: missing .*size'),
  ],
)
def test_a_function_that_returns_no_data(function, expected):
  with pytest.raises(data.DataError, match=expected):
    data.load(function)


@pytest.mark.parametrize(
  ('arguments', 'expected'),
  [
    (
      {'source': 'stream'},
      "source is 'stream', .*accepted is auto or resident",
    ),
    ({'image_size': 8}, 'image_size is 8, .*accepted is 0'),
    ({'sequence_length': 8}, 'sequence_length is 8, .*accepted is 0'),
  ],
)
def test_arguments_are_refused_before_the_function_is_called(
  arguments, expected
):
  with pytest.raises(data.DataError, match=expected):
    data.load(spirals, **arguments)
  assert not calls


def test_no_cut_is_made_where_it_would_be_of_the_last_classes():
  assert data.load(sorted_by_class).num_classes == 3
  with pytest.raises(data.DataError, match="labels of '.*' ascend"):
    data.load(sorted_by_class, validation=2)


@pytest.mark.parametrize(
  'names',
  [
    'train_images train_labels test_images test_labels',
    'x_train y_train x_test y_test',
  ],
)
def test_a_file_by_either_names(tmp_path, names):
  values = IMAGES, LABELS, IMAGES[:3], LABELS[:3, None]
  path = tmp_path / 'mine.npz'
  np.savez(path, **dict(zip(names.split(), values, strict=True)), more=[1])
  of_file, of_function = data.load(str(path)), data.load(spirals)
  assert of_file.fingerprint == of_function.fingerprint
  assert of_file.name == str(path)
  assert data.load('mine.npz', data_dir=tmp_path).name == 'mine.npz'


def test_a_file_that_changes_is_read_again(tmp_path):
  path = tmp_path / 'mine.npz'
  splits = {'x_train': IMAGES, 'y_train': LABELS, 'x_test': IMAGES}
  for i in range(2):
    np.savez(
      path, **splits, y_test=(LABELS + i) % 3, x_val=IMAGES[:2], y_val=[0, 1]
    )
    dataset = data.load(str(path))
    np.testing.assert_array_equal(dataset.test.labels, (LABELS + i) % 3)
  assert dataset.validation.labels.tolist() == [0, 1]


def test_a_file_that_is_none(tmp_path):
  path = tmp_path / 'mine.npz'
  with pytest.raises(data.DataError, match=r"mine.npz': No such file"):
    data.load(str(path))
  path.write_bytes(b'PK nothing of a zip')
  with pytest.raises(data.DataError, match=r"mine.npz' is no .npz file;"):
    data.load(str(path))
  np.savez(path, inputs=IMAGES, y_train=LABELS)
  with pytest.raises(data.DataError, match=r'arrays inputs, y_train; accepted'):
    data.load(str(path))
  np.savez(
    path, x_train=IMAGES, y_train=LABELS, x_test=IMAGES, y_test=['a'] * 12
  )
  with pytest.raises(data.DataError, match=r"mine.npz': y_test is <U1 \[12\]"):
    data.load(str(path))
  np.savez(path, x_train=np.array([None]), y_train=LABELS)
  with pytest.raises(data.DataError, match=r'cannot read .*[Oo]bject arrays'):
    data.load(str(path))
  np.savez(path, x_train=IMAGES, y_train=LABELS, x_test=IMAGES, y_test=LABELS)
  content = bytearray(path.read_bytes())
  content[200] ^= 1
  path.write_bytes(content)
  with pytest.raises(data.DataError, match=r"cannot read '.*mine.npz': .*CRC"):
    data.load(str(path))
