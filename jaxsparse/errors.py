"""Exceptions that a program maps to an exit code."""

import contextlib
from collections.abc import Iterator

# The exit code of a process that lost the others of its run.
PEER_LOST = 75


class DataError(ValueError):
  """A data set that is missing, or of a kind that cannot be read."""


class WorkdirBusy(RuntimeError):
  """Another process writes to the directory."""


class TrainingFailed(FloatingPointError):
  """The loss turned non-finite; the last good checkpoint is kept."""


class SaveFailed(RuntimeError):
  """Something could not be written; the checkpoints before it are kept."""


class JobFailed(RuntimeError):
  """A batch job met too many errors, or its resource may still be there."""


class Interrupted(Exception):
  """The run was interrupted; its state at `step` is saved."""

  def __init__(self, step: int):
    super().__init__(f'stopped and saved at step {step}')
    self.step = step


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
