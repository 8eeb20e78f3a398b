"""Runs that lie on disk, found by folder."""

import glob
import os
import pathlib
import re
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from jaxsparse.config import identity
from jaxsparse.config.fields import BESIDE, SOURCES, Plain, flat
from jaxsparse.runs import workdir
from jaxsparse.studies import noted
from jaxsparse.studies.planning.status import failure

_DEEPEST = 3
_SEED = re.compile(r'-seed\d+-[0-9a-f]{8}(-\d+)?$')


class Found(NamedTuple):
  """A run on disk.

  Attributes:
    root: its workdir.
    fields: dotted field -> value, of its settled config. A run beside it
      that it starts from is named without its seed, so that the runs of all
      seeds are alike in this too.
    summary: the content of its `summary.json`; `None` where there is none, or
      it is that of a run which is counted already.
    state: 'finished', or why it has no summary to be counted.
  """

  root: pathlib.Path
  fields: Plain
  summary: dict[str, Any] | None
  state: str


def find(patterns: Sequence[str]) -> list[Found]:
  """The runs in some folders, each once, in the order given.

  Args:
    patterns: workdirs, folders of them (runs folders, study workdirs), or
      globs of both.

  Raises:
    ValueError: a pattern under which there is no run, a file that cannot be
      read.
  """
  roots: dict[pathlib.Path, None] = {}
  for pattern in patterns:
    path = os.path.expanduser(pattern)
    matches = sorted(glob.glob(path)) if glob.has_magic(path) else [path]
    folders = [pathlib.Path(m).resolve() for m in matches if os.path.isdir(m)]
    here = [root for folder in folders for root in _workdirs(folder)]
    if not here:
      why = 'holds no run' if folders else 'is no folder'
      raise ValueError(f'--workdirs: {pattern!r} {why}')
    roots |= dict.fromkeys(here)
  return _each_once([read(root) for root in roots])


def _each_once(runs: Sequence[Found]) -> list[Found]:
  """A copy of a run that came before has no summary, and says of which."""
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
  """Whether two runs do not differ in their data, as far as is recorded."""
  then, now = (workdir.inputs(run.root) for run in (first, second))
  return not then.changes(now)


def _same(root: pathlib.Path) -> Hashable:
  """Equal for copies of a run.

  Not the digest that was kept: it leaves out what was a default then.
  """
  config = workdir.read_config(root)
  try:
    digest = identity.digest(config)
  except ValueError:  # Of a method that is no longer found.
    digest = identity.whole_digest(config)
  return digest, *sorted(workdir.inputs(root).sources.items())


def _workdirs(folder: pathlib.Path, depth: int = 0) -> list[pathlib.Path]:
  if workdir.begun(folder):
    return [folder]
  # A study's members may lie elsewhere, among those of other studies.
  found = [m for m in noted.read_members(folder) if workdir.begun(m)]
  if depth < _DEEPEST:
    for path in sorted(p for p in folder.iterdir() if p.is_dir()):
      found += _workdirs(path, depth + 1)
  return found


def read(root: pathlib.Path) -> Found:
  """The run in a workdir.

  Raises:
    ValueError: a file of it cannot be read; says which.
  """
  config = workdir.read_config(root)
  named = {f'init.{k}': v for k, v in _sources(root, config).items()}
  fields = flat(config) | named
  summary = workdir.finished(root)
  state = 'unfinished' if summary is None else 'finished'
  if summary is None and (why := failure(root)):
    state = f'failed: {why}'
  return Found(root, fields, summary, state)


def _sources(root: pathlib.Path, config: Plain) -> dict[str, str]:
  """What a run starts from, by field; without the seed if it is beside it."""
  return {
    field: _seedless(root, config['init'][field])
    for field in SOURCES
    if config['init'].get(field)
  }


def _seedless(root: pathlib.Path, given: str) -> str:
  other = root.parent / given.removeprefix(BESIDE)
  if not given.startswith(BESIDE) or not workdir.begun(other):
    return given
  source = workdir.read_config(other)
  init = source['init'] | _sources(other, source)
  digest = identity.digest(source | {'seed': 0, 'init': init})
  return f'{BESIDE}{_SEED.sub("", other.name)}-{digest[:8]}'
