"""Folders on a disk, or in a bucket: the one file that knows both.

A bucket (`gs://BUCKET/FOLDER`) holds objects. An upload is atomic, so that
nothing need be renamed; nothing can be appended to either, so that an object
which grows is uploaded whole again. Its folders are prefixes of names.
"""

import functools
import glob
import importlib.util
import io
import os
import pathlib
import posixpath
from typing import IO, Any, cast

from jaxsparse import leases
from jaxsparse.errors import SaveFailed

_SCHEME = 'gs://'


is_remote = leases.is_remote


def absolute(path: str | os.PathLike[str]) -> pathlib.Path:
  """Returns the absolute path of a file or folder, `~` expanded.

  That in a bucket is an `epath.Path`, which has most methods of
  `pathlib.Path`.

  Raises:
    ValueError: it is neither on a local disk nor in a bucket, or the extra
      `gcs` is not installed.
  """
  name = os.fspath(path)
  if not is_remote(name):
    return pathlib.Path(os.path.abspath(os.path.expanduser(name)))
  if not name.startswith(_SCHEME) or not name.removeprefix(_SCHEME).strip('/'):
    raise ValueError(
      f'{name} is not a local directory, nor in a bucket; accepted are local'
      f' (or mounted) directories and {_SCHEME}BUCKET/FOLDER'
    )
  _check_client()
  from etils import epath

  below = posixpath.normpath(name.removeprefix(_SCHEME))
  return cast(pathlib.Path, epath.Path(f'{_SCHEME}{below}'))


@functools.cache
def _check_client() -> None:
  """Prepares the client of buckets."""
  if importlib.util.find_spec('gcsfs') is None:
    raise ValueError(
      f"{_SCHEME} needs the extra 'gcs': pip install 'jaxsparse[gcs]'"
    )
  tensorflow = importlib.util.find_spec('tensorflow') is not None
  if tensorflow and os.environ.get('EPATH_USE_TF', '').lower() != 'false':
    raise ValueError(
      f'{_SCHEME} would be left to TensorFlow, which is installed; for gcsfs'
      ' set EPATH_USE_TF=false'
    )
  import fsspec

  # Other processes, and TensorStore, write what a cached listing would lack.
  fsspec.config.conf.setdefault('gcs', {})['use_listings_cache'] = False


def relative(path: pathlib.Path, start: pathlib.Path) -> str:
  """Returns the path from `start`, whole if one of them is in a bucket."""
  if is_remote(path) != is_remote(start):
    return str(path)
  return os.path.relpath(path, start)


def joined(start: pathlib.Path, path: str) -> pathlib.Path:
  """Returns the absolute path that `relative` was taken of."""
  return absolute(path if is_remote(path) else start / path)


def matching(pattern: str) -> list[pathlib.Path]:
  """Returns the paths that match a glob, sorted, symbolic links resolved."""
  path = absolute(pattern)
  if not glob.has_magic(pattern):
    return [path if is_remote(path) else path.resolve()]
  if not is_remote(pattern):
    return [pathlib.Path(p).resolve() for p in sorted(glob.glob(str(path)))]
  bucket = absolute(_SCHEME + path.parts[2])
  return sorted(bucket.glob('/'.join(path.parts[3:])))


def modified(path: pathlib.Path) -> int:
  """Returns a number that changes as a file does."""
  status: Any = path.stat()
  return int(status.mtime if is_remote(path) else status.st_mtime_ns)


def write_atomic(path: pathlib.Path, content: str | bytes) -> None:
  """Writes a file whole: it is either what it was or all of `content`.

  Raises:
    SaveFailed: a bucket refused it, or another process has taken over the lock.
  """
  content = content.encode() if isinstance(content, str) else content
  if is_remote(path):
    leases.verify(os.fspath(path))
    try:
      path.write_bytes(content)
    except Exception as error:  # A bucket's client has its own.
      raise SaveFailed(f'{path} cannot be written: {error}') from error
    return
  partial = path.with_name(path.name + '.partial')
  partial.write_bytes(content)
  partial.replace(path)


def appended(path: pathlib.Path) -> IO[bytes]:
  """Opens a file to append to it; to a bucket only `upload` writes it."""
  return _Growing(path) if is_remote(path) else path.open('ab')


def upload(file: IO[bytes]) -> None:
  """Uploads what was appended to a file of a bucket, if it is one."""
  if isinstance(file, _Growing):
    file.upload()


class _Growing(io.BytesIO):
  """An object that grows in memory, and is uploaded whole."""

  def __init__(self, path: pathlib.Path):
    super().__init__()
    self._path = path
    self.write(path.read_bytes() if path.exists() else b'')

  def upload(self) -> None:
    write_atomic(self._path, self.getvalue())
