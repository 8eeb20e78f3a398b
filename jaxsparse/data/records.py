"""The examples of a prepared split, read one by one where they are needed.

`Images` and `Labels` stand in for its arrays: they have a shape, a dtype and a
length, and read the rows that they are indexed by. A data set larger than
memory is so sliced like an array.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import DTypeLike

from jaxsparse.core.types import Shape
from jaxsparse.data import images
from jaxsparse.data.crops import Box, centre_box
from jaxsparse.data.folders import opened
from jaxsparse.errors import DataError

# `(position in the batch, height, width) -> box`
BoxOf = Callable[[int, int, int], Box]

Slice = slice | np.ndarray
Rows = Sequence[int] | np.ndarray
# Images as they are stored, and their labels.
Examples = Iterator[tuple[Any, int]]

_RECORDS_A_READ = 4096


class Records:
  """A range of a split's examples, read by row.

  It is pickled without its open files: each process opens them when it first
  reads.

  Args:
    folder: a prepared data set.
    split: its TFDS name.
    begin: the first example of the range.
    end: one past the last.
    shape: `(h, w, c)` of the images that are read.
    resized: whether images are cut and resized to `shape`; otherwise they are
      stored in it.
  """

  def __init__(
    self,
    folder: Path,
    split: str,
    begin: int,
    end: int,
    *,
    shape: Shape,
    resized: bool = False,
  ):
    self.shape = shape
    self.resized = resized
    self.folder, self.split = folder, split
    self._begin, self._end = begin, end
    self._source: Any = None

  def __getstate__(self) -> dict[str, Any]:
    return self.__dict__ | {'_source': None}

  def __len__(self) -> int:
    return self._end - self._begin

  def read(
    self, rows: Rows, box_of: BoxOf | None = None
  ) -> tuple[np.ndarray, np.ndarray]:
    """Reads images uint8 [n, h, w, c] and labels int32 [n] of `rows`.

    Args:
      rows: each in [0, len).
      box_of: which part of each image is resized; the centre by default.

    Raises:
      DataError: a file is missing or damaged, or an example has no label.
    """
    pixels = np.empty((len(rows), *self.shape), np.uint8)
    labels = np.empty(len(rows), np.int32)
    for i, (image, label) in enumerate(self._examples(rows)):
      labels[i] = label
      try:
        if self.resized:
          box = functools.partial(box_of, i) if box_of else centre_box
          pixels[i] = images.resized(image, self.shape, box)
        else:
          pixels[i] = images.decoded(image, self.shape)
      except DataError as error:
        raise DataError(f'{self.place(int(rows[i]))}: {error}') from error
    return pixels, self._checked(labels)

  @property
  def parameters(self) -> tuple[object, ...]:
    """What the arrays depend on besides the files and the split."""
    return ()

  def place(self, row: int) -> str:
    """Returns where an example is, for error messages."""
    at = self._begin + row
    return f'example {at} of split {self.split!r} of {self.folder}'

  def labels(self, rows: Rows) -> np.ndarray:
    """Reads the labels of `rows` alone, as `read` does; decodes no image."""
    values = [label for _, label in self._examples(rows)]
    return self._checked(np.array(values, np.int32))

  def _examples(self, rows: Rows) -> Examples:
    """Yields each image as it is stored, and its label."""
    at = [self._begin + int(row) for row in rows]
    try:
      if self._source is None:
        self._source = _open(self.folder, self.split)
      source, image, label = self._source
      for start in range(0, len(at), _RECORDS_A_READ):
        for one in source.__getitems__(at[start : start + _RECORDS_A_READ]):
          yield one[image], one[label]
    except DataError:
      raise
    except (OSError, RuntimeError, IndexError, ValueError) as error:
      raise DataError(
        f'cannot read split {self.split!r} of {self.folder}: {error}.'
        ' Delete the folder and prepare it again.'
      ) from error

  def _checked(self, labels: np.ndarray) -> np.ndarray:
    if np.any(labels < 0):
      raise DataError(f'split {self.split!r} of {self.folder} has no labels')
    return labels


def _open(folder: Path, split: str) -> tuple[Any, str, str]:
  """Opens the encoded examples; returns them and the image and label keys."""
  import tensorflow_datasets as tfds

  builder = opened(folder)
  image, label = builder.info.supervised_keys
  source = builder.as_data_source(
    split,
    decoders={image: tfds.decode.SkipDecoding()},
    file_format='array_record',
  )
  return source, image, label


class Images:
  """Images of a split, uint8 [n, h, w, c]; their centre where resized."""

  dtype = np.dtype(np.uint8)
  ndim = 4

  def __init__(self, records: Records):
    self.records = records
    self.shape = (len(records), *records.shape)

  def __len__(self) -> int:
    return len(self.records)

  def __getitem__(self, rows: Slice) -> np.ndarray:
    return self.records.read(_indices(rows, len(self)))[0]


class Labels:
  """Labels of a split, int32 [n]; NumPy takes them as an array."""

  dtype = np.dtype(np.int32)
  ndim = 1

  def __init__(self, records: Records):
    self.records = records
    self.shape = (len(records),)

  def __len__(self) -> int:
    return len(self.records)

  def __getitem__(self, rows: Slice) -> np.ndarray:
    return self.records.labels(_indices(rows, len(self)))

  def __array__(
    self, dtype: DTypeLike | None = None, copy: bool | None = None
  ) -> np.ndarray:
    del copy  # Labels are read again on each call.
    return self[:].astype(dtype or self.dtype)


def is_stored(images: object) -> TypeGuard[Images]:
  """Returns whether the images of a split are on disk, not in an array."""
  return isinstance(images, Images)


def _indices(rows: Slice, size: int) -> np.ndarray:
  return np.arange(size)[rows]
