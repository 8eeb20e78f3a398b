"""Examples of the user's own in arrays: which are accepted, and as what.

Images are [n, h, w, c], or [n, h, w] of one channel. Features [n, d] are images
of one pixel, [n, 1, 1, d], so that `config.data.mean` is by feature. Bytes
(uint8) are scaled into [0, 1]; floats are used as they are, in float32. Labels
are integers, [n] or [n, 1], and count from 0.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from jaxsparse.data import fingerprints
from jaxsparse.errors import DataError

SPLITS = ('train', 'validation', 'test')
_AXES = {2: '[n, d]', 3: '[n, h, w]', 4: '[n, h, w, c]'}


class Arrays(NamedTuple):
  """Examples that are accepted.

  Attributes:
    splits: name -> images uint8 or float32 [n, h, w, c], labels int32 [n].
    num_classes: labels are in [0, num_classes).
    scale: what the images are multiplied by.
    fingerprint: of each split.
  """

  splits: Mapping[str, tuple[np.ndarray, np.ndarray]]
  num_classes: int
  scale: float
  fingerprint: Mapping[str, str]


class Unchecked(NamedTuple):
  """What may be an array, and its name in error messages."""

  name: str
  value: Any


def checked(
  name: str, pairs: Mapping[str, tuple[Unchecked, Unchecked]]
) -> Arrays:
  """Returns examples as arrays.

  Args:
    name: of the data set.
    pairs: split -> images, labels.

  Raises:
    DataError: a split is missing; or names the array that is not accepted.
  """
  if 'train' not in pairs or len(pairs) < 2:
    raise DataError(
      f'data set {name!r} has the splits {sorted(pairs)}; needed are'
      " 'train' and 'test' (or 'validation')"
    )
  splits = {s: _checked(name, *pairs[s]) for s in SPLITS if s in pairs}
  train, _ = splits['train']
  for split, (images, _) in splits.items():
    _check_alike(name, pairs[split][0].name, images, train)
  return Arrays(
    splits,
    _num_classes(name, {pairs[s][1].name: splits[s][1] for s in splits}),
    1 / 255 if train.dtype == np.uint8 else 1.0,
    {split: fingerprints.of_arrays(*splits[split]) for split in splits},
  )


def _checked(
  name: str, images: Unchecked, labels: Unchecked
) -> tuple[np.ndarray, np.ndarray]:
  """Returns images and labels as `Arrays` has them, read-only.

  Raises:
    DataError: as for `checked`.
  """
  x, y = _images(name, images), _labels(name, labels)
  if len(x) != len(y) or not len(x):
    raise DataError(
      f'{name!r}: {images.name} has {len(x)} examples and {labels.name}'
      f' {len(y)}; accepted are as many of both, and at least one'
    )
  x, y = (array.view() for array in (x, y))  # What the user has stays writable.
  for array in (x, y):
    array.setflags(write=False)
  return x, y


def _images(name: str, images: Unchecked) -> np.ndarray:
  array = _array(name, images)
  is_float = np.issubdtype(array.dtype, np.floating)
  shaped = array.ndim in _AXES and all(array.shape[1:])
  if not shaped or not (is_float or array.dtype == np.uint8):
    raise DataError(
      f'{name!r}: {images.name} is {array.dtype} {list(array.shape)}; accepted'
      f' is uint8, or floats, of shape {", ".join(_AXES.values())}'
    )
  if array.ndim == 2:
    array = array[:, None, None, :]
  if array.ndim == 3:
    array = array[..., None]
  if is_float:
    with np.errstate(over='ignore'):
      array = array.astype(np.float32, copy=False)
    finite = np.isfinite(array).all(axis=(1, 2, 3))
    if not finite.all():
      raise DataError(
        f'{name!r}: {images.name} is not finite in float32 in example'
        f' {np.argmin(finite)}; accepted are finite numbers'
      )
  return array


def _labels(name: str, labels: Unchecked) -> np.ndarray:
  array = _array(name, labels)
  if array.ndim == 2 and array.shape[1] == 1:
    array = array[:, 0]
  if array.ndim != 1 or array.dtype.kind not in 'iu':
    raise DataError(
      f'{name!r}: {labels.name} is {array.dtype} {list(array.shape)}; accepted'
      ' are integers of shape [n]'
    )
  for extreme in (array.min(initial=0), array.max(initial=0)):
    if not 0 <= extreme < 2**31:
      raise DataError(
        f'{name!r}: {labels.name} has {extreme}; accepted are labels that count'
        ' from 0'
      )
  return array.astype(np.int32)


def _array(name: str, one: Unchecked) -> np.ndarray:
  try:
    return np.asarray(one.value)
  except (TypeError, ValueError) as error:
    raise DataError(f'{name!r}: {one.name} is no array: {error}') from None


def _check_alike(
  name: str, what: str, images: np.ndarray, train: np.ndarray
) -> None:
  actual, expected = (
    f'{array.dtype} {["n", *array.shape[1:]]}'.replace("'", '')
    for array in (images, train)
  )
  if actual != expected:
    raise DataError(
      f'{name!r}: {what} is {actual}; accepted is {expected}, as of train'
    )


def _num_classes(name: str, labels: Mapping[str, np.ndarray]) -> int:
  """Returns the largest label and one.

  Args:
    name: of the data set.
    labels: by the name of the array; that to train on first.

  Raises:
    DataError: a class has no example to train on.
  """
  largest = max(labels, key=lambda array: labels[array].max())
  classes = int(labels[largest].max()) + 1
  train, *_ = labels
  present = np.unique(labels[train])
  if len(present) < classes:
    missing = np.setdiff1d(np.arange(len(present) + 1), present)[0]
    raise DataError(
      f'{name!r}: {train} has no example of class {missing}, and {largest} has'
      f' labels up to {classes - 1}; accepted are labels that count from 0, all'
      ' of them in train'
    )
  return classes
