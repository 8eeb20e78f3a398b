"""Names of members' directories, which follow from their configs.

Names do not depend on the study, as studies share members. A directory is
reused only if the stored config equals the resolved one, and the sources and
data of the run are unchanged; else the run is another one and gets a new
directory.
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
  """Returns the name of the directory of a config, or a free one if new.

  A run whose sources or data have changed counts as another run. If no
  directory matches but the config of one cannot be read, the name of that
  directory is returned: it may be the run, and must not be ignored.

  Args:
    settled: the config.
    made: directory -> config of directories already assigned, which may not
      exist yet.
    runs_dir: folder of the directories.
    data: fingerprints of the data by split; unknown ones are assumed to be
      equal.
  """
  name = member_name(settled)
  numbered = re.compile(re.escape(name) + r'(-\d+)?')
  on_disk = {
    path.name: _stored(path)
    for path in runs_dir.glob(f'{name}*')
    if numbered.fullmatch(path.name)
  }
  begun = {n: c for n, c in on_disk.items() if c is not None}
  configs = {**begun, **made}
  now = Inputs(data=data)
  if begun:
    now = now._replace(
      sources=sources.fingerprints(settled['init'], runs_dir / name)
    )
  unreadable = []
  for folder in sorted(filter(numbered.fullmatch, configs)):
    if not configs[folder]:
      unreadable.append(folder)
    elif identity.differences(configs[folder], settled):
      continue
    elif folder in made or not workdir.inputs(runs_dir / folder).changes(now):
      return folder
  if unreadable:
    return unreadable[0]
  number = 1
  while (free := f'{name}-{number}' if number > 1 else name) in configs:
    number += 1
  return free


def _stored(root: pathlib.Path) -> Plain | None:
  """Reads the config of a begun run: {} if unreadable, `None` if new."""
  try:
    return workdir.read_config(root) if workdir.begun(root) else None
  except ValueError:
    return {}


def member_name(settled: Plain) -> str:
  """Returns a name such as 'digits-mlp-rigl-sparse-0.98-seed3-1a2b3c4d'.

  Different configs have different names, except where a default has changed
  since (or the eight hex digits of the hash collide).
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
