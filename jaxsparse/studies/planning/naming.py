"""Names of members' directories, which follow from their configs.

Names do not depend on the study, as studies share members. A directory is
reused only if the stored config equals that of the run, and the sources and
data of the run are unchanged; else the run is another one and gets a new
directory.
"""

import pathlib
import re
from collections.abc import Mapping
from typing import Any

from jaxsparse.config import identity
from jaxsparse.config.run_config import RunConfig
from jaxsparse.runs import sources, workdir
from jaxsparse.runs.origins import Origins


def directory(
  config: RunConfig,
  assigned: Mapping[str, identity.Config],
  runs_dir: pathlib.Path,
  data: Mapping[str, str] = {},
) -> str:
  """Returns the name of the directory of a config, or a free one if new.

  A run whose sources or data have changed counts as another run. If no
  directory matches but the config of one cannot be read, the name of that
  directory is returned: it may be the run, and must not be ignored.

  Args:
    config: the config.
    assigned: directory -> config of directories already assigned, which may not
      exist yet.
    runs_dir: folder of the directories.
    data: fingerprints of the data by split; unknown ones are assumed to be
      equal.
  """
  name = member_name(config)
  numbered = re.compile(re.escape(name) + r'(-\d+)?')
  on_disk = {
    path.name: _stored(path)
    for path in runs_dir.glob(f'{name}*')
    if numbered.fullmatch(path.name)
  }
  begun = {n: c for n, c in on_disk.items() if c is not None}
  configs: dict[str, identity.Config] = {**begun, **assigned}
  now = Origins(data=data)
  if begun:
    now = now._replace(
      sources=sources.fingerprints(config.init, runs_dir / name)
    )
  unreadable = []
  for folder in sorted(filter(numbered.fullmatch, configs)):
    if not configs[folder]:
      unreadable.append(folder)
    elif not identity.differences(configs[folder], config):
      root = runs_dir / folder
      if folder in assigned or not workdir.origins(root).changes(now):
        return folder
  if unreadable:
    return unreadable[0]
  number = 1
  while (free := f'{name}-{number}' if number > 1 else name) in configs:
    number += 1
  return free


def _stored(root: pathlib.Path) -> dict[str, Any] | None:
  """Reads the config of a begun run: {} if unreadable, `None` if new."""
  try:
    return workdir.read_config(root) if workdir.begun(root) else None
  except ValueError:
    return {}


def member_name(config: RunConfig) -> str:
  """Returns a name such as 'digits-mlp-rigl-sparse-0.98-seed3-1a2b3c4d'.

  Different configs have different names, except where a default has changed
  since (or the eight hex digits of the hash collide).
  """
  init = _word(config.init.name)
  parts = [
    _word(config.data.name),
    _word(config.model.name),
    _word(config.updater.name),
    *([] if init == 'dense' else [init]),
    f'{config.updater.sparsity:g}',
    f'seed{config.seed}',
    identity.digest(config)[:8],
  ]
  return '-'.join(parts)


def _word(name: Any) -> str:
  text = name if isinstance(name, str) else name.__name__
  return re.sub(r'[^A-Za-z0-9_]+', '_', text.rsplit('.', 1)[-1])
