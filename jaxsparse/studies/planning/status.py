"""Where a member stands, read from its directory."""

import json
import os
import pathlib
from typing import NamedTuple

from etils import epath

from jaxsparse.runs import workdir
from jaxsparse.training.checkpoints.records import step_paths

FAILED = 'failed.json'


class Status(NamedTuple):
  """Where a member stands.

  Attributes:
    kind: 'new', 'begun', 'done', 'failed', or 'broken': what lies there is
      damaged, so that nobody can tell whether it is the member.
    step: the newest that is saved.
    error: of one that failed or is broken; it names no folder but the
      member's.
    saved: the steps of all checkpoints of one that is under way, ascending.
  """

  kind: str
  step: int = 0
  error: str = ''
  saved: tuple[int, ...] = ()

  @property
  def ended(self) -> bool:
    """Whether there is nothing left to train."""
    return self.kind in ('done', 'failed', 'broken')


def status(root: pathlib.Path, num_steps: int) -> Status:
  """Where the member in `root` stands, of `num_steps` steps.

  It is done if there are a config and a summary, both whole. Whether the
  config is the member's own is seen to when the directory is chosen.
  """
  try:
    return _whole(root, num_steps)
  except ValueError as error:
    return Status('broken', 0, str(error).replace(f'{root.parent}{os.sep}', ''))


def _whole(root: pathlib.Path, num_steps: int) -> Status:
  """As `status`; raises `ValueError` where it is broken."""
  if not workdir.begun(root):
    if found := workdir.foreign(root):
      raise ValueError(
        f'{root} holds {found[0]!r} and no {workdir.CONFIG}; move it away to'
        ' have the member trained'
      )
    return Status('new')
  workdir.read_config(root)
  if workdir.finished(root) is not None:
    return Status('done', num_steps)
  saved = tuple(step_paths(epath.Path(root / workdir.CHECKPOINTS)))
  step = max(saved, default=0)
  if error := failure(root):
    return Status('failed', step, error)
  return Status('begun', step, saved=saved)


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
