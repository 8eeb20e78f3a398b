"""Finds runs on disk, by folder."""

import pathlib
import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from jaxsparse import storage
from jaxsparse.config import identity
from jaxsparse.config.dicts import flat
from jaxsparse.config.run_config import BESIDE, SOURCES
from jaxsparse.results.frame import below
from jaxsparse.runs import workdir
from jaxsparse.studies.planning.status import failure

_SOURCES = tuple(f'init.{field}' for field in SOURCES)
_SEED = re.compile(r'-seed\d+-[0-9a-f]{8}(-\d+)?$')


class Found(NamedTuple):
  """A run on disk.

  Attributes:
    root: its workdir.
    fields: dotted field -> value, of its config. A source in the same
      folder is named without its seed, so that the runs of all seeds have
      equal fields.
    summary: the content of its `summary.json`; `None` if there is none, or the
      run is a copy of one counted already.
    state: 'finished', or why it has no summary to be counted.
  """

  root: pathlib.Path
  fields: dict[str, Any]
  summary: dict[str, Any] | None
  state: str


def find(patterns: Sequence[str]) -> list[Found]:
  """Finds the runs in folders, each once, in the order of the patterns.

  Args:
    patterns: workdirs, folders of them (runs folders, study workdirs), or
      globs of both.

  Raises:
    ValueError: a pattern matches no run, or a file cannot be read.
  """
  roots: dict[pathlib.Path, None] = {}
  for pattern in patterns:
    folders = [path for path in storage.matching(pattern) if path.is_dir()]
    workdirs = [root for folder in folders for root in below(folder)]
    if not workdirs:
      why = 'holds no run' if folders else 'is no folder'
      raise ValueError(f'--workdirs: {pattern!r} {why}')
    roots |= dict.fromkeys(workdirs)
  return _each_once([read(root) for root in roots])


def _each_once(runs: Sequence[Found]) -> list[Found]:
  """Removes the summary of each copy of an earlier run; notes it in `state`."""
  counted: dict[Hashable, list[Found]] = {}
  out = []
  for run in runs:
    if run.summary is not None:
      alike = counted.setdefault(_same(run.root), [])
      if twin := next((o for o in alike if _on_same_data(o, run)), None):
        state = f'the same run as {twin.root}'
        run = run._replace(summary=None, state=state)
      else:
        alike.append(run)
    out.append(run)
  return out


def _on_same_data(first: Found, second: Found) -> bool:
  """Returns whether the recorded data of two runs do not differ."""
  then, now = (workdir.origins(run.root) for run in (first, second))
  return not then.changes(now)


def _same(root: pathlib.Path) -> Hashable:
  """Returns a key that is equal for copies of a run.

  The stored digest would not do: it omits fields at their former defaults.
  """
  config = workdir.read_config(root)
  try:
    digest = identity.digest(config)
  except ValueError:  # Of a method that is no longer found.
    digest = identity.whole_digest(config)
  return digest, *sorted(workdir.origins(root).sources.items())


def read(root: pathlib.Path) -> Found:
  """Reads the run in a workdir.

  Raises:
    ValueError: a file of it cannot be read; the message names it.
  """
  config = flat(workdir.read_config(root))
  fields = config | _sources(root, config)
  summary = workdir.finished(root)
  state = 'unfinished' if summary is None else 'finished'
  if summary is None and (why := failure(root)):
    state = f'failed: {why}'
  return Found(root, fields, summary, state)


def _sources(root: pathlib.Path, config: Mapping[str, Any]) -> dict[str, str]:
  """Returns the sources of a run by field, without seed if in its folder."""
  sources = {field: config.get(field) for field in _SOURCES}
  return {f: _seedless(root, name) for f, name in sources.items() if name}


def _seedless(root: pathlib.Path, source: str) -> str:
  other = root.parent / source.removeprefix(BESIDE)
  if not source.startswith(BESIDE) or not workdir.begun(other):
    return source
  fields = flat(workdir.read_config(other))
  seedless = fields | _sources(other, fields) | {'seed': 0}
  digest = identity.digest(seedless)
  return f'{BESIDE}{_SEED.sub("", other.name)}-{digest[:8]}'
