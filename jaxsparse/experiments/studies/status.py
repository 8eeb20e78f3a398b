"""Where a member stands, read from its directory."""

import json
import pathlib
from typing import NamedTuple

from etils import epath

from jaxsparse.experiments import workdir
from jaxsparse.training.checkpoints.records import step_paths

FAILED = 'failed.json'


class Status(NamedTuple):
  """Where a member stands.

  Attributes:
    kind: 'new', 'begun', 'done' or 'failed'.
    step: steps that are saved.
    error: of one that failed.
  """

  kind: str
  step: int = 0
  error: str = ''

  @property
  def ended(self) -> bool:
    """Whether there is nothing left to train."""
    return self.kind in ('done', 'failed')


def status(root: pathlib.Path, num_steps: int) -> Status:
  """Where the member in `root` stands, of `num_steps` steps."""
  if (root / workdir.SUMMARY).exists():
    return Status('done', num_steps)
  steps = step_paths(epath.Path(root / workdir.CHECKPOINTS))
  saved = max(steps, default=0)
  error = failure(root)
  if error:
    return Status('failed', saved, error)
  return Status('begun' if workdir.begun(root) else 'new', saved)


def failure(root: pathlib.Path) -> str:
  """Why the member in `root` failed, or ''."""
  path = root / FAILED
  if not path.exists():
    return ''
  try:
    return str(json.loads(path.read_text('utf-8'))['error'])
  except (ValueError, KeyError, TypeError) as error:
    raise ValueError(f'{path} cannot be read: {error}') from None


def write_failure(root: pathlib.Path, error: str) -> None:
  """Marks the member as failed, until somebody removes the file."""
  workdir.write_atomic(root / FAILED, json.dumps({'error': error}, indent=2))
