"""One writer a directory, by a lock of the kernel.

The lock is a `flock` on `<directory>/.lock`: the kernel frees it when its
process ends, SIGKILL included, so that there is no stale lock to remove. The
file itself stays: removing it would let two processes lock two files of one
name. A folder of a bucket (`gs://...`) has a lease instead (`leases`). A run of
several processes locks in process 0 only.
"""

import contextlib
import fcntl
import os
import pathlib
from collections.abc import Iterator

from jaxsparse import leases
from jaxsparse.errors import WorkdirBusy

_NAME = '.lock'
_held: set[int] = set()


def _close_in_child() -> None:
  # A forked worker shares the lock through its copy of the descriptor, and
  # would hold it on after the run itself was killed.
  for descriptor in _held:
    os.close(descriptor)
  _held.clear()


os.register_at_fork(after_in_child=_close_in_child)


@contextlib.contextmanager
def lock(directory: str | os.PathLike[str]) -> Iterator[None]:
  """Locks `directory`, which is made if need be, for this process alone.

  Raises:
    WorkdirBusy: another process holds it; names its pid.
    ValueError: the directory cannot be made or written.
  """
  if leases.is_remote(directory):
    with leases.lease(os.fspath(directory)):
      yield
    return
  descriptor = _acquire(pathlib.Path(directory))
  _held.add(descriptor)
  try:
    yield
  finally:
    _held.discard(descriptor)
    os.close(descriptor)


def holder(directory: str | os.PathLike[str]) -> str:
  """Names the holder of `directory`: 'pid 123', or '' if none."""
  if leases.is_remote(directory):
    return leases.holder(os.fspath(directory))
  try:
    descriptor = os.open(pathlib.Path(directory) / _NAME, os.O_RDONLY)
  except OSError:
    return ''  # Not even begun.
  try:
    # Shared, and released at once: two readers do not see one another.
    fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
  except BlockingIOError:
    return _named(descriptor)
  finally:
    os.close(descriptor)
  return ''


def verify(path: str | os.PathLike[str]) -> None:
  """Checks that this process still holds what it locked above `path`.

  Raises:
    SaveFailed: another process took over a folder of a bucket.
  """
  leases.verify(os.fspath(path))


def _named(descriptor: int) -> str:
  pid = os.pread(descriptor, 64, 0).decode(errors='replace').strip()
  return pid or 'pid not known'


def _acquire(directory: pathlib.Path) -> int:
  try:
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory / _NAME, os.O_RDWR | os.O_CREAT, 0o644)
  except OSError as error:
    raise _unwritable(directory, error) from error
  try:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f'pid {os.getpid()}\n'.encode(), 0)
  except BlockingIOError as error:
    holding = _named(descriptor)
    os.close(descriptor)
    raise WorkdirBusy(
      f'{directory} is in use by another run ({holding});'
      ' wait for it, or choose another directory'
    ) from error
  except OSError as error:
    os.close(descriptor)
    raise _unwritable(directory, error) from error
  return descriptor


def _unwritable(directory: pathlib.Path, error: OSError) -> ValueError:
  return ValueError(
    f'{directory} cannot be written ({error.strerror}); accepted is a'
    ' directory in which this process may make files'
  )
