"""Step directories, verified against their records."""

from typing import Any

from etils import epath

from jaxsparse.core.types import PyTree
from jaxsparse.training.checkpoints import files, fingerprints, records
from jaxsparse.training.checkpoints.records import (
  CheckpointError,
  CheckpointMismatch,
)


def read(
  path: epath.Path, step: int, abstract_state: PyTree
) -> tuple[PyTree, dict[str, Any]]:
  """Reads the state and meta of a step directory, verified.

  Args:
    path: of it.
    step: that it should hold.
    abstract_state: as for `Checkpoints.restore`.

  Raises:
    CheckpointError: it is missing, empty, truncated or corrupted.
    CheckpointMismatch: it is of another architecture; names the first leaf
      that differs.
  """
  record = files.read_record(path)
  if record.step != step:
    raise CheckpointError(f'{path} holds step {record.step}')
  clause = fingerprints.difference(
    record.leaves, fingerprints.expected(abstract_state)
  )
  if clause:
    raise CheckpointMismatch(f'{path} is of another architecture: {clause}')
  return files.read(path, record, abstract_state), record.meta


def looks_good(path: epath.Path, step: int) -> bool:
  """Returns whether a directory has a good record of `step`; reads no array."""
  try:
    return files.read_record(path).step == step
  except CheckpointError:
    return False


def holds(path: epath.Path, record: records.Record, state: PyTree) -> bool:
  """Returns whether a directory holds all leaves of `record`, undamaged.

  Args:
    path: of it.
    record: of `state`.
    state: what would be saved there; its structure is used.
  """
  try:
    stored = files.read_record(path)
    if (stored.step, stored.leaves) != (record.step, record.leaves):
      return False
    files.read(path, stored, state)
  except CheckpointError:
    return False
  return True
