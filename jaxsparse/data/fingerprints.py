"""Fingerprints of data: whether a resumed run reads the same data.

Of data in memory a checksum of the examples themselves, so that a copy of
them, or one prepared elsewhere, is the same. Data that stay on disk are not
read for it: theirs is of the names and sizes of the files, and of what TFDS
has recorded of the split.
"""

import json
import zlib
from pathlib import Path

import numpy as np

from jaxsparse.data.info import SplitInfo
from jaxsparse.errors import DataError


def of_arrays(*arrays: np.ndarray, unit: str = 'examples') -> str:
  """Returns '1,437 examples, 0123abcd', the CRC-32 of arrays in memory.

  Args:
    arrays: of equal length; their shapes and dtypes count as well.
    unit: what the length is a number of.
  """
  crc = 0
  for array in arrays:
    crc = zlib.crc32(repr((array.shape, array.dtype.str)).encode(), crc)
    crc = zlib.crc32(np.ascontiguousarray(array).data, crc)
  return f'{len(arrays[0]):,} {unit}, {crc:08x}'


def of_files(folder: Path, split: SplitInfo) -> str:
  """Returns '1,281,167 examples in 1,024 files, 0123abcd' of a split on disk.

  Args:
    folder: of the prepared data set.
    split: of it.

  Raises:
    DataError: a file is missing.
  """
  try:
    sizes = {name: (folder / name).stat().st_size for name in split.filenames}
  except OSError as error:
    raise DataError(
      f'cannot read split {split.name!r} of {folder}: {error}.'
      ' Delete the folder and prepare it again.'
    ) from error
  recorded = [sizes, list(split.shard_lengths), split.num_bytes]
  crc = zlib.crc32(json.dumps(recorded, sort_keys=True).encode())
  files = f'{split.num_examples:,} examples in {len(sizes):,} files'
  return f'{files}, {crc:08x}'
