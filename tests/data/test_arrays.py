"""Which arrays of the user's own are accepted, and as what."""

import numpy as np
import pytest

from jaxsparse.data import DataError, arrays
from jaxsparse.data.arrays import Unchecked


def checked(**splits):
  return arrays.checked(
    'mine',
    {
      split: (Unchecked(f'x_{split}', x), Unchecked(f'y_{split}', y))
      for split, (x, y) in splits.items()
    },
  )


def pair(images, labels=(0, 1, 2)):
  return images, np.array(labels)


BYTES = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
FLOATS = np.linspace(-3, 7, 12).reshape(3, 4)


def test_bytes_are_scaled_and_get_a_channel():
  got = checked(train=pair(BYTES), test=pair(BYTES[:1], [2]))
  images, labels = got.splits['train']
  np.testing.assert_array_equal(images, BYTES[..., None])
  assert (images.dtype, labels.dtype) == (np.uint8, np.int32)
  assert (got.scale, got.num_classes) == (1 / 255, 3)
  assert got.splits['test'][0].shape == (1, 2, 2, 1)


def test_floats_are_used_as_they_are_and_features_are_one_pixel():
  got = checked(train=pair(FLOATS), test=pair(FLOATS))
  images, _ = got.splits['train']
  assert (images.dtype, images.shape) == (np.float32, (3, 1, 1, 4))
  np.testing.assert_array_equal(images.reshape(3, 4), FLOATS.astype('f4'))
  assert got.scale == 1.0


def test_labels_may_be_a_column_and_lists_are_arrays():
  got = checked(train=(FLOATS.tolist(), [[2], [0], [1]]), test=pair(FLOATS))
  assert got.splits['train'][1].tolist() == [2, 0, 1]


def test_arrays_are_read_only_and_what_the_user_has_is_not():
  mine = BYTES[..., None].copy()
  got = checked(train=pair(mine), test=pair(mine))
  with pytest.raises(ValueError, match='read-only'):
    got.splits['train'][0][0] = 0
  mine[0] = 0


def test_the_fingerprint_is_of_all_examples():
  def fingerprint(images, labels=(0, 1, 2)):
    return checked(train=pair(images, labels), test=pair(BYTES)).fingerprint

  usual, changed = fingerprint(BYTES), BYTES.copy()
  changed[2, 1, 1] ^= 1
  assert usual == fingerprint(BYTES.copy())
  assert usual['train'].startswith('3 examples, ')
  others = fingerprint(changed), fingerprint(BYTES, (0, 2, 1))
  assert all(usual['train'] != other['train'] for other in others)
  assert all(usual['test'] == other['test'] for other in others)


@pytest.mark.parametrize(
  ('images', 'labels', 'expected'),
  [
    (
      BYTES.astype(int),
      [0, 1, 2],
      r'x_train is int64 \[3, 2, 2\]; .* uint8, or',
    ),
    (BYTES > 3, [0, 1, 2], r'x_train is bool'),
    (BYTES[:, 0, 0], [0, 1, 2], r'x_train is uint8 \[3\]; .* \[n, d\], \[n, h'),
    (BYTES[:, :, :0], [0, 1, 2], r'x_train is uint8 \[3, 2, 0\]'),
    ([[1.0], [1.0, 2.0]], [0, 1], 'x_train is no array'),
    (
      FLOATS * [1, 1, np.nan, 1],
      [0, 1, 2],
      'x_train is not finite .*example 0',
    ),
    (FLOATS * 1e39, [0, 1, 2], 'x_train is not finite in float32 in example 0'),
    (BYTES, [0, 1], 'x_train has 3 examples and y_train 2;'),
    (BYTES[:0], np.array([], int), 'x_train has 0 examples and y_train 0;'),
    (
      BYTES,
      [0.0, 1.0, 2.0],
      r'y_train is float64 \[3\]; accepted are integers',
    ),
    (BYTES, np.eye(3, dtype=int), r'y_train is int64 \[3, 3\]'),
    (BYTES, [0, 1, -1], 'y_train has -1; accepted .* count from 0'),
    (BYTES, [0, 1, 2**31], 'y_train has 2147483648;'),
    (
      BYTES,
      [1, 2, 3],
      'y_train has no example of class 0, and y_train has .* 3',
    ),
    (
      BYTES,
      [0, 1, 1],
      'y_train has no example of class 2, and y_test has .* 2',
    ),
    (
      BYTES,
      [0, 1, 9],
      'y_train has no example of class 2, and y_train .* to 9',
    ),
    (
      BYTES[:, :1],
      [0, 1, 2],
      r'x_test is uint8 \[n, 2, 2, 1\]; .* \[n, 1, 2, 1',
    ),
    (BYTES / 255, [0, 1, 2], 'x_test is uint8 .*; accepted is float32'),
  ],
)
def test_what_is_refused_names_the_array(images, labels, expected):
  with pytest.raises(DataError, match=f"'mine': {expected}"):
    checked(train=(images, labels), test=pair(BYTES))


def test_a_split_to_test_on_is_needed():
  with pytest.raises(DataError, match=r"splits \['train'\]; needed .* 'test'"):
    checked(train=pair(BYTES))
  with pytest.raises(DataError, match=r"splits \['test'\]; needed"):
    checked(test=pair(BYTES))
