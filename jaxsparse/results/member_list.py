"""The list of members in the directory of a study: `study.json`."""

import contextlib
import json
import pathlib
from collections.abc import Iterable

from jaxsparse import storage

STUDY = 'study.json'


def write(
  root: pathlib.Path,
  runs_dir: pathlib.Path,
  names: Iterable[str],
  *,
  joins: bool = False,
) -> None:
  """Writes into a study's workdir which members it has, and where.

  Args:
    root: the workdir.
    runs_dir: the members' folder.
    names: of the members' directories in `runs_dir`.
    joins: whether members of this folder that are listed already stay listed.
  """
  listed: list[pathlib.Path] = []
  if joins:
    with contextlib.suppress(ValueError):  # An unreadable list is replaced.
      listed = read(root)
  earlier = {path.name for path in listed if path.parent == runs_dir}
  content = {
    'runs_dir': storage.relative(runs_dir, root),
    'members': sorted({*earlier, *names}),
  }
  storage.write_atomic(root / STUDY, json.dumps(content, indent=2))


def read(root: pathlib.Path) -> list[pathlib.Path]:
  """Returns the workdirs of a study's members; none if `root` is no study's.

  Raises:
    ValueError: its `study.json` cannot be read.
  """
  path = root / STUDY
  if not path.exists():
    return []
  try:
    content = json.loads(path.read_text('utf-8'))
    runs_dir = storage.joined(root, content['runs_dir'])
    return [runs_dir / name for name in content['members']]
  except (OSError, ValueError, KeyError, TypeError) as error:
    raise ValueError(f'{path} cannot be read: {error}') from None
