"""Step directories, and the record in each.

The record is stored beside the state, is committed with it, and has
a checksum. It holds the step, the caller's metadata (the config), and
a fingerprint of each leaf of the state.
"""

import json
import logging
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from etils import epath

from jaxsparse import storage
from jaxsparse.core.types import Path, PyTree
from jaxsparse.training.checkpoints import fingerprints

_T = TypeVar('_T')


MEMBER = 'members/0/'
# What Orbax writes last into a step in a bucket.
COMMIT = 'commit_success.txt'


class CheckpointError(ValueError):
  """A checkpoint that cannot be saved, or cannot be trusted."""


class CheckpointMismatch(CheckpointError):
  """A good checkpoint, but not of the requested step or model."""


class Record(NamedTuple):
  """The record of a step.

  Attributes:
    step: its step.
    meta: the caller's metadata.
    leaves: the fingerprint of each leaf of the state by path.
    nested: whether the state is stored as the only one of `members`, as it was
      by earlier versions.
  """

  step: int
  meta: dict[str, Any]
  leaves: dict[Path, fingerprints.Fingerprint]
  nested: bool = False


def make(step: int, state: PyTree, meta: dict[str, Any]) -> Record:
  """Makes the record of `state`; `meta` is as JSON reads it back.

  Raises:
    TypeError: a leaf is no array, or `meta` cannot be written as JSON.
  """
  return Record(step, json.loads(json.dumps(meta)), fingerprints.take(state))


def to_json(record: Record) -> dict[str, Any]:
  """Returns the record and its checksum, for JSON."""
  content = {k: v for k, v in record._asdict().items() if k != 'nested'}
  return {'record': content, 'crc32': _crc32(content)}


def from_json(content: Any) -> Record:
  """Reads a record, as the inverse of `to_json`.

  Raises:
    CheckpointError: it is no record, or fails its checksum.
  """
  if not isinstance(content, dict) or 'record' not in content:
    raise CheckpointError('it holds no record of what was saved')
  record = content['record']
  if content.get('crc32') != _crc32(record):
    raise CheckpointError('its record fails its checksum')
  stored = record['leaves']
  nested = bool(stored) and all(path.startswith(MEMBER) for path in stored)
  leaves = {
    path.removeprefix(MEMBER if nested else ''): fingerprints.Fingerprint(
      tuple(shape), dtype, crc32
    )
    for path, (shape, dtype, crc32) in stored.items()
  }
  return Record(record['step'], record['meta'], leaves, nested)


def step_paths(directory: epath.Path) -> dict[int, epath.Path]:
  """Lists the step directories in `directory`, good or not, ascending.

  In a bucket a save under way has the name of its step; until it is committed
  it is left out, as is one that was killed.
  """
  if not directory.is_dir():
    return {}
  by_step = {
    int(path.name): path
    for path in directory.iterdir()
    if path.name.isdecimal() and path.name == str(int(path.name))
    if _committed(path)
  }
  return dict(sorted(by_step.items()))


def _committed(directory: epath.Path) -> bool:
  if storage.is_remote(directory):
    return (directory / COMMIT).exists()
  return directory.is_dir()


def newest(
  directory: epath.Path,
  attempt: Callable[[int, epath.Path], _T],
  *,
  upto: int | None = None,
) -> _T | None:
  """Returns `attempt(step, path)` of the newest step that is good.

  Broken steps are skipped with a warning, those beyond `upto` without one.

  Returns:
    `None` if `directory` holds no such step at all.

  Raises:
    CheckpointError: it holds steps, and all are broken.
    CheckpointMismatch: `attempt` raised it.
  """
  first = None
  for step, path in reversed(step_paths(directory).items()):
    if upto is not None and step > upto:
      continue
    try:
      return attempt(step, path)
    except CheckpointMismatch:
      raise
    except CheckpointError as error:
      logging.getLogger(__name__).warning('passed over: %s', error)
      first = first or str(error)
  if first is None:
    return None
  raise CheckpointError(
    f'{directory} holds no good checkpoint; the newest: {first}'
  )


def _crc32(content: Any) -> int:
  return zlib.crc32(json.dumps(content, sort_keys=True).encode())
