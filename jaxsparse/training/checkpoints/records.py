"""Step directories, and the record that each holds of itself.

The record lies beside the state, is committed with it, and carries its own
checksum. It holds the step, what the caller wishes to keep (the config), and
a fingerprint of each leaf of the state.
"""

import json
import logging
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from etils import epath

from jaxsparse.core.types import Path, PyTree
from jaxsparse.training.checkpoints import fingerprints

_T = TypeVar('_T')


class CheckpointError(ValueError):
  """A checkpoint that cannot be saved, or cannot be trusted."""


class CheckpointMismatch(CheckpointError):
  """A good checkpoint, but not of what was asked for."""


class Record(NamedTuple):
  """What a step says of itself.

  Attributes:
    step: its step.
    meta: what the caller kept with it.
    leaves: the fingerprint of each leaf of the state by path.
  """

  step: int
  meta: dict[str, Any]
  leaves: dict[Path, fingerprints.Fingerprint]


def make(step: int, state: PyTree, meta: dict[str, Any]) -> Record:
  """The record of `state`; `meta` is what JSON holds.

  Raises:
    TypeError: a leaf is no array, or `meta` cannot be written as JSON.
  """
  return Record(step, json.loads(json.dumps(meta)), fingerprints.take(state))


def to_json(record: Record) -> dict[str, Any]:
  """The record and its checksum, for JSON."""
  content = record._asdict()
  return {'record': content, 'crc32': _crc32(content)}


def from_json(content: Any) -> Record:
  """The inverse of `to_json`.

  Raises:
    CheckpointError: it is no record, or fails its checksum.
  """
  if not isinstance(content, dict) or 'record' not in content:
    raise CheckpointError('it holds no record of what was saved')
  record = content['record']
  if content.get('crc32') != _crc32(record):
    raise CheckpointError('its record fails its checksum')
  leaves = {
    path: fingerprints.Fingerprint(tuple(shape), dtype, crc32)
    for path, (shape, dtype, crc32) in record['leaves'].items()
  }
  return Record(record['step'], record['meta'], leaves)


def step_paths(directory: epath.Path) -> dict[int, epath.Path]:
  """The step directories in `directory`, good or not, ascending."""
  if not directory.is_dir():
    return {}
  found = {
    int(path.name): path
    for path in directory.iterdir()
    if path.name.isdecimal() and path.name == str(int(path.name))
    if path.is_dir()
  }
  return dict(sorted(found.items()))


def newest(
  directory: epath.Path,
  attempt: Callable[[int, epath.Path], _T],
  *,
  upto: int | None = None,
) -> _T | None:
  """What `attempt(step, path)` makes of the newest step that is good.

  Each broken step is passed over with a warning, and so are those beyond
  `upto` without one.

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
