"""What the directory of a study says of its members: `study.json`."""

import contextlib
import json
import os
import pathlib
from collections.abc import Iterable

from jaxsparse.runs import workdir

STUDY = 'study.json'


def write_members(
  root: pathlib.Path,
  runs_dir: pathlib.Path,
  names: Iterable[str],
  *,
  joins: bool = False,
) -> None:
  """Notes in a study's workdir where its members are.

  Args:
    root: the workdir.
    runs_dir: their folder.
    names: of their directories in it.
    joins: whether they join those of this folder that are noted already.
  """
  known: list[pathlib.Path] = []
  if joins:
    with contextlib.suppress(ValueError):  # Else it is noted anew.
      known = read_members(root)
  noted = {path.name for path in known if path.parent == runs_dir}
  content = {
    'runs_dir': os.path.relpath(runs_dir, root),
    'members': sorted({*noted, *names}),
  }
  workdir.write_atomic(root / STUDY, json.dumps(content, indent=2))


def read_members(root: pathlib.Path) -> list[pathlib.Path]:
  """The workdirs of a study's members; none if `root` is no study's.

  Raises:
    ValueError: its note cannot be read.
  """
  path = root / STUDY
  if not path.exists():
    return []
  try:
    found = json.loads(path.read_text('utf-8'))
    runs_dir = workdir.local(root / found['runs_dir'])
    return [runs_dir / name for name in found['members']]
  except (OSError, ValueError, KeyError, TypeError) as error:
    raise ValueError(f'{path} cannot be read: {error}') from None
