"""Exceptions that a program maps to an exit code."""


class DataError(ValueError):
  """A data set that is missing, or of a kind that cannot be read."""


class WorkdirBusy(RuntimeError):
  """Another process writes to the directory."""


class TrainingFailed(FloatingPointError):
  """The loss turned non-finite; the last good checkpoint is kept."""


class SaveFailed(RuntimeError):
  """Something could not be written; the checkpoints before it are kept."""


class Interrupted(Exception):
  """The run was interrupted; its state at `step` is saved."""

  def __init__(self, step: int):
    super().__init__(f'stopped and saved at step {step}')
    self.step = step
