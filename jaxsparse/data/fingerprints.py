"""Fingerprints of data: whether a resumed run reads the same data.

Of data in memory a checksum of the examples themselves, so that a copy of
them, or one prepared elsewhere, is the same. Data that stay on disk are not
read for it (see `recorded.fingerprint`).
"""

import zlib

import numpy as np


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
