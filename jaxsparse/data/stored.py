"""Stand-ins for the arrays of a split that stays on disk.

`Images` and `Labels` have a shape, a dtype and a length, and read the rows that
they are indexed by. A data set larger than memory is so sliced like an array.
"""

from typing import TypeGuard

import numpy as np
from numpy.typing import DTypeLike

from jaxsparse.data.records import Records

Rows = slice | np.ndarray


class Images:
  """Images of a split, uint8 [n, h, w, c]; their centre where resized."""

  dtype = np.dtype(np.uint8)
  ndim = 4

  def __init__(self, records: Records):
    self.records = records
    self.shape = (len(records), *records.shape)

  def __len__(self) -> int:
    return len(self.records)

  def __getitem__(self, rows: Rows) -> np.ndarray:
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

  def __getitem__(self, rows: Rows) -> np.ndarray:
    return self.records.labels(_indices(rows, len(self)))

  def __array__(
    self, dtype: DTypeLike | None = None, copy: bool | None = None
  ) -> np.ndarray:
    del copy  # Labels are read again on each call.
    return self[:].astype(dtype or self.dtype)


def is_stored(images: object) -> TypeGuard[Images]:
  """Returns whether the images of a split are on disk, not in an array."""
  return isinstance(images, Images)


def _indices(rows: Rows, size: int) -> np.ndarray:
  return np.arange(size)[rows]
