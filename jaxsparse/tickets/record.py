"""The record of a ticket: `ticket.json` in its workdir, and its verdict.

A run writes neither. `ticket.json` holds the manifest as it was when it was
recorded, for `verify` to compare with.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from jaxsparse import storage
from jaxsparse.errors import saving
from jaxsparse.tickets.manifest import (
  VERDICT,
  Leaf,
  Manifest,
  StrPath,
  manifest,
)

RECORD = 'ticket.json'
# Fields that may change after a ticket was recorded, and those below, where the
# runs that it comes from are gone.
_MAY_CHANGE = ('name', 'verdict')
_OF_OTHERS = ('init_digest', 'parent_mask_digest')


def write(workdir: StrPath) -> Manifest:
  """Writes the manifest of a ticket to its `ticket.json`, once.

  Raises:
    ValueError: as for `manifest`; or it was recorded, and has changed since.
    SaveFailed: the file cannot be written.
  """
  current = manifest(workdir)
  path = storage.absolute(workdir) / RECORD
  if (recorded := read(workdir)) is None:
    with saving(path):
      storage.write_atomic(path, to_json(current))
  elif change := next(changes(recorded, current), None):
    raise ValueError(f'{path} is of another ticket: {change}')
  return current


def read(workdir: StrPath) -> Manifest | None:
  """Reads `ticket.json`; `None` if there is none.

  Raises:
    ValueError: it cannot be read.
  """
  path = storage.absolute(workdir) / RECORD
  try:
    return from_json(path.read_text('utf-8')) if path.exists() else None
  except (OSError, ValueError) as error:
    raise ValueError(f'{path} cannot be read: {error}') from None


def write_verdict(workdir: StrPath, verdict: Mapping[str, Any]) -> None:
  """Writes the verdict on a ticket, which its manifest then holds.

  Args:
    workdir: of the ticket.
    verdict: for JSON; its entry `verdict` is what lists show.

  Raises:
    SaveFailed: it cannot be written.
  """
  path = storage.absolute(workdir) / VERDICT
  with saving(path):
    storage.write_atomic(path, json.dumps(verdict, indent=2))


def to_json(ticket: Manifest) -> str:
  """Formats a manifest as JSON."""
  return json.dumps(dataclasses.asdict(ticket), indent=2)


def from_json(text: str) -> Manifest:
  """Reads a manifest, as the inverse of `to_json`.

  Raises:
    ValueError: it is no manifest.
  """
  try:
    content = json.loads(text)
    leaves = {
      path: Leaf(**{**leaf, 'shape': tuple(leaf['shape'])})
      for path, leaf in content.pop('leaves').items()
    }
    return Manifest(leaves=leaves, **content)
  except (AttributeError, KeyError, TypeError) as error:
    raise ValueError(f'it holds no manifest: {error}') from None


def changes(then: Manifest, now: Manifest) -> Iterator[str]:
  """Yields a clause on each difference of two manifests, leaves first."""
  for path in sorted(then.leaves.keys() | now.leaves.keys()):
    yield from leaf_changes(path, then.leaves.get(path), now.leaves.get(path))
  for field in dataclasses.fields(Manifest):
    before, after = getattr(then, field.name), getattr(now, field.name)
    gone = field.name in _OF_OTHERS and None in (before, after)
    if field.name not in ('leaves', *_MAY_CHANGE) and not gone:
      yield from _change(field.name.replace('_', ' '), before, after)


def leaf_changes(
  path: str, then: Leaf | None, now: Leaf | None
) -> Iterator[str]:
  """Yields a clause on each difference of a leaf."""
  if then is None or now is None:
    ticket, noted = ('lacks', 'has') if now is None else ('has', 'lacks')
    yield f'it {ticket} leaf {path!r}, which the record {noted}'
    return
  for field in dataclasses.fields(Leaf):
    before, after = getattr(then, field.name), getattr(now, field.name)
    yield from _change(f'leaf {path!r}: {field.name}', before, after)


def _change(what: str, before: Any, after: Any) -> Iterator[str]:
  if before != after:
    yield f'{what}: {before} -> {after}'
