"""Failures of runs that are no bad input."""

import contextlib
from collections.abc import Iterator

from jaxsparse.errors import SaveFailed
from jaxsparse.training.checkpoints import CheckpointError


@contextlib.contextmanager
def saving(target: object) -> Iterator[None]:
  """Re-raises `OSError` as `SaveFailed`.

  Args:
    target: the destination; a full disk does not name the file.

  Raises:
    SaveFailed: a file cannot be written.
  """
  try:
    yield
  except OSError as error:
    where, why = error.filename or target, error.strerror or error
    raise SaveFailed(f'{where} cannot be written: {why}') from error


@contextlib.contextmanager
def not_bad_input() -> Iterator[None]:
  """Re-raises errors during training, so that they are not taken for bad input.

  `ValueError` becomes `RuntimeError`, and `CheckpointError` `SaveFailed`.
  """
  try:
    yield
  except CheckpointError as error:
    raise SaveFailed(str(error)) from error
  except ValueError as error:
    raise RuntimeError(f'training failed: {error}') from error
