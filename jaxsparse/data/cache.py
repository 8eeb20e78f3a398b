"""Arrays that take long to make, kept in the user's cache folder.

A file holds one split of a data set as it was decoded. Its name has a SHA-256
of the files that it was made of and of how, so that other data have another
name; copies of a data set have one file, wherever they are. Beside the data it
would surprise those who share them, and they can often not be written.

Arrays are read, not mapped: the cache may be deleted while a run goes on, on
another machine too. They begin at a page of memory, so that JAX on CPU uses
them where they are, without a copy.
"""

import contextlib
import functools
import hashlib
import io
import logging
import math
import mmap
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from jaxsparse import user_cache
from jaxsparse.data import fingerprints

# Goes up when other arrays are made of the same files.
_VERSION = 1


class Cached(NamedTuple):
  """Read-only arrays, and their fingerprint by `fingerprints.of_arrays`."""

  arrays: tuple[np.ndarray, ...]
  fingerprint: str


def load(
  name: str,
  make: Callable[[], tuple[np.ndarray, ...]],
  files: Iterable[Path],
  *parameters: Any,
) -> Cached:
  """Returns the arrays of `make`, which is called if they are not in the cache.

  A file of the cache that is damaged is made again. A cache that cannot be
  written is a line in the log.

  Args:
    name: what the file's name begins with.
    make: returns arrays of one length.
    files: what the arrays are made of.
    *parameters: what else they depend on, each with a `repr` that says all.
  """
  path = _path(name, files, parameters)
  cached = _read(path) if path else None
  if cached is None:
    arrays = make()
    cached = Cached(arrays, fingerprints.of_arrays(*arrays))
    if path:
      _write(path, cached)
  for array in cached.arrays:
    array.setflags(write=False)
  return cached


def _path(name: str, files: Iterable[Path], parameters: Any) -> Path | None:
  """Returns where the arrays would be; None if there is no telling."""
  digest = hashlib.sha256(repr((_VERSION, parameters)).encode())
  # A file that is missing is for `make` to report.
  with contextlib.suppress(OSError):
    for path in files:
      with path.open('rb') as file:
        content = hashlib.file_digest(file, 'sha256').hexdigest()
      digest.update(f'{path.name} {content}\n'.encode())
    return _folder() / f'{name}-{digest.hexdigest()[:32]}.npy'
  return None


def _folder() -> Path:
  return user_cache.root() / 'data'


def _read(path: Path) -> Cached | None:
  """Returns the content of a file; None if it is missing or damaged."""
  arrays = []
  # NumPy's parser of damaged headers raises errors of many classes.
  with contextlib.suppress(Exception):
    with path.open('rb') as file:
      fingerprint = str(_read_array(file))
      while file.peek(1):
        arrays.append(_read_array(file))
    if arrays and fingerprints.of_arrays(*arrays) == fingerprint:
      return Cached(tuple(arrays), fingerprint)
  return None


def _read_array(file: io.BufferedReader) -> np.ndarray:
  """Reads what one `np.save` wrote.

  Raises:
    ValueError: it is damaged.
  """
  if np.lib.format.read_magic(file) != (1, 0):
    raise ValueError('of another version of the format')
  shape, _, dtype = np.lib.format.read_array_header_1_0(file)
  size = math.prod(shape) * dtype.itemsize
  if dtype.hasobject or size > os.fstat(file.fileno()).st_size:
    raise ValueError('not as it was written')
  array = empty(shape, dtype)
  if file.readinto(array.reshape(-1).view(np.uint8).data) != size:
    raise ValueError('cut short')
  return array


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
  """Returns an array of zeros that begins at a page of memory.

  NumPy's own begin anywhere, and JAX copies what is not at a multiple of 64.
  """
  size = math.prod(shape) * np.dtype(dtype).itemsize
  buffer = mmap.mmap(-1, size or 1, flags=mmap.MAP_PRIVATE)
  return np.ndarray(shape, dtype, buffer=buffer)


def _write(path: Path, cached: Cached) -> None:
  """Writes a file that is whole or not there, whoever writes it as well."""
  unfinished = path.with_name(f'.{path.name}.{secrets.token_hex(4)}')
  try:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
      with unfinished.open('xb') as file:
        for array in (np.array(cached.fingerprint), *cached.arrays):
          np.save(file, array)
      unfinished.replace(path)
    finally:
      unfinished.unlink(missing_ok=True)
  except OSError as error:
    _report(str(path.parent), error.strerror or str(error))


@functools.cache
def _report(folder: str, reason: str) -> None:
  """Logs once that a folder cannot be written."""
  logging.getLogger(__name__).warning(
    'decoded data cannot be kept in %s (%s), so each start decodes them again;'
    ' JAXSPARSE_CACHE_DIR names another folder',
    folder,
    reason,
  )
