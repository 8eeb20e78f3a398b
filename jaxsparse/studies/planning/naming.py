"""The directory of a member, named by what its config says.

Never by the study: studies share members. The resolved config must equal the
stored one, and what the run started from and its data must be what they were,
else it is another run and gets another directory.
"""

import pathlib
import re
from collections.abc import Mapping
from typing import Any

from jaxsparse.config import identity
from jaxsparse.config.fields import Plain
from jaxsparse.runs import sources, workdir
from jaxsparse.runs.inputs import Inputs


def directory(
  settled: Plain,
  made: Mapping[str, Plain],
  runs_dir: pathlib.Path,
  data: Mapping[str, str] = {},
) -> str:
  """The directory that holds a config, or the first that is free.

  A run whose sources or data are no longer the same is another one. If none
  holds it but there is one whose config cannot be read, it is that one: it may
  be the run, and is not passed over in silence.

  Args:
    settled: the config.
    made: configs of directories that are given away and may not be there yet.
    runs_dir: where the directories are.
    data: fingerprints of the data by split; those that are not known are taken
      to be the same.
  """
  name = member_name(settled)
  numbered = re.compile(re.escape(name) + r'(-\d+)?')
  there = {
    path.name: _stored(path)
    for path in runs_dir.glob(f'{name}*')
    if numbered.fullmatch(path.name)
  }
  begun = {n: c for n, c in there.items() if c is not None}
  known = {**begun, **made}
  now = Inputs(data=data)
  if begun:
    now = now._replace(
      sources=sources.fingerprints(settled['init'], runs_dir / name)
    )
  unreadable = []
  for taken in sorted(filter(numbered.fullmatch, known)):
    if not known[taken]:
      unreadable.append(taken)
    elif identity.differences(known[taken], settled):
      continue
    elif taken in made or not workdir.inputs(runs_dir / taken).changes(now):
      return taken
  if unreadable:
    return unreadable[0]
  number = 1
  while (free := f'{name}-{number}' if number > 1 else name) in known:
    number += 1
  return free


def _stored(root: pathlib.Path) -> Plain | None:
  """The config of a begun run; empty if it cannot be read, `None` if new."""
  try:
    return workdir.read_config(root) if workdir.begun(root) else None
  except ValueError:
    return {}


def member_name(settled: Plain) -> str:
  """'digits-mlp-rigl-sparse-0.98-seed3-1a2b3c4d', of a settled config.

  Unlike configs have unlike names, but for defaults that have changed since
  (and for what eight hex digits cannot tell apart).
  """
  init = _word(settled['init']['name'])
  parts = [
    _word(settled['data']['name']),
    _word(settled['model']['name']),
    _word(settled['updater']['name']),
    *([] if init == 'dense' else [init]),
    f'{settled["updater"]["sparsity"]:g}',
    f'seed{settled["seed"]}',
    identity.digest(settled)[:8],
  ]
  return '-'.join(parts)


def _word(name: Any) -> str:
  text = name if isinstance(name, str) else name.__name__
  return re.sub(r'[^A-Za-z0-9_]+', '_', text.rsplit('.', 1)[-1])
