"""States of single steps, for readers: no lock is held and nothing written."""

from etils import epath

from jaxsparse.core.types import PyTree
from jaxsparse.training.checkpoints import files, records, verified
from jaxsparse.training.checkpoints.records import CheckpointMismatch


def kept_steps(directory: epath.PathLike) -> tuple[int, ...]:
  """Lists steps in a run's `checkpoints` whose record is good, ascending."""
  return tuple(
    step
    for step, path in records.step_paths(files.absolute(directory)).items()
    if verified.looks_good(path, step)
  )


def read_step(directory: epath.PathLike, step: int, target: PyTree) -> PyTree:
  """Reads the state of one step, verified.

  Args:
    directory: a run's `checkpoints`.
    step: the step to read.
    target: a tree of arrays or `ShapeDtypeStruct`s of the structure that was
      saved; a leaf that is `...` is not read and stays.

  Raises:
    CheckpointMismatch: there is no such step; lists those that there are.
    CheckpointError: it cannot be read, or is damaged.
  """
  path = files.absolute(directory)
  good = kept_steps(path)
  if step not in good:
    raise CheckpointMismatch(
      f'{path} does not hold step {step}; kept are'
      f' {", ".join(map(str, good)) or "none"}. A run keeps those that its'
      ' `checkpoint.keep_steps` names, besides 0 and the last few'
    )
  record = files.read_record(path / str(step))
  return files.read(path / str(step), record, target)
