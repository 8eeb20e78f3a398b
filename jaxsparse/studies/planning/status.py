"""The status of a member, read from its directory."""

import json
import os
import pathlib
from typing import NamedTuple

from etils import epath

from jaxsparse import storage
from jaxsparse.runs import workdir
from jaxsparse.training.checkpoints.records import step_paths

FAILED = 'failed.json'


class Status(NamedTuple):
  """The status of a member.

  Attributes:
    kind: 'new', 'begun', 'done', 'failed', or 'broken': its files are damaged,
      so that they cannot be identified as the member's.
    step: of the newest checkpoint.
    error: of a failed or broken member; it names no folder but the member's.
    saved: the steps of all checkpoints of a begun member, ascending.
  """

  kind: str
  step: int = 0
  error: str = ''
  saved: tuple[int, ...] = ()

  @property
  def ended(self) -> bool:
    """True if nothing is left to train."""
    return self.kind in ('done', 'failed', 'broken')


def status(root: pathlib.Path, num_steps: int) -> Status:
  """Reads the status of the member in `root`, of `num_steps` steps.

  A member is done if its config and its summary can both be read. That the
  config is the member's is checked where the directory is chosen.
  """
  try:
    return _whole(root, num_steps)
  except ValueError as error:
    return Status('broken', 0, str(error).replace(f'{root.parent}{os.sep}', ''))


def _whole(root: pathlib.Path, num_steps: int) -> Status:
  """Reads a status as `status` does; raises `ValueError` if it is broken."""
  if not workdir.begun(root):
    if files := workdir.foreign(root):
      raise ValueError(
        f'{root} holds {files[0]!r} and no {workdir.CONFIG}; move it away to'
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
  """Reads why the member in `root` failed; '' if it did not."""
  path = root / FAILED
  if not path.exists():
    return ''
  try:
    return str(json.loads(path.read_text('utf-8'))['error'])
  except (ValueError, KeyError, TypeError) as error:
    raise ValueError(f'{path} cannot be read: {error}') from None


def write_failure(root: pathlib.Path, error: str) -> None:
  """Marks the member as failed, until the file is removed."""
  storage.write_atomic(root / FAILED, json.dumps({'error': error}, indent=2))
