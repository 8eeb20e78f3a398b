"""Temporary folders that do not outlive those who use them."""

import contextlib
import fcntl
import os
import pathlib
import tempfile
import time
from collections.abc import Iterator

_PREFIX = 'jaxsparse_batches_'
# Seconds in which a new folder is locked.
_YOUNG = 60.0


@contextlib.contextmanager
def folder() -> Iterator[pathlib.Path]:
  """Creates a temporary folder (in `TMPDIR`), locked for the block.

  Its files are named by numbers. It is removed at the end of the block or,
  where all processes of a run are killed at once, by the next call of any.
  """
  _remove_abandoned()
  with (
    tempfile.TemporaryDirectory(
      prefix=_PREFIX,
      ignore_cleanup_errors=True,  # Somebody may just be writing there.
    ) as name,
    _locked(pathlib.Path(name)),
  ):
    yield pathlib.Path(name)


def _remove_abandoned() -> None:
  for old in pathlib.Path(tempfile.gettempdir()).glob(f'{_PREFIX}*'):
    # In use, another user's, gone meanwhile, or something else.
    with contextlib.suppress(OSError):
      if time.time() - old.stat().st_mtime > _YOUNG:
        with _locked(old):
          for file in old.iterdir():
            if file.name.isdecimal():
              file.unlink()
          old.rmdir()


@contextlib.contextmanager
def _locked(path: pathlib.Path) -> Iterator[None]:
  """Holds the lock of a folder; raises `OSError` if another process does."""
  descriptor = os.open(path, os.O_RDONLY)
  try:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    yield
  finally:
    os.close(descriptor)
