"""Versions of the packages that members were trained with."""

from collections.abc import Sequence

from jaxsparse.results.names import count
from jaxsparse.results.rows import MemberResult

NOT_RECORDED = 'not recorded'
_NAMED = 3


def collected(members: Sequence[MemberResult]) -> tuple[tuple[str, str], ...]:
  """Returns `(package, version)` for the members that are done.

  Where versions differ, the text lists each: the most common one with the
  number of its members, the rest with their folders. Versions come from the
  summaries, not from the process that writes the report.
  """
  by_folder: dict[str, dict[str, str]] = {
    member.root.name: member.summary.get('made_with', {})
    for member in members
    if member.root is not None and member.summary is not None
  }
  names = dict.fromkeys(
    name for versions in by_folder.values() for name in versions
  )
  if not names and by_folder:
    return (('versions', NOT_RECORDED),)
  return tuple((name, _text(name, by_folder)) for name in names)


def _text(name: str, by_folder: dict[str, dict[str, str]]) -> str:
  folders: dict[str, list[str]] = {}
  for folder, versions in sorted(by_folder.items()):
    folders.setdefault(versions.get(name, NOT_RECORDED), []).append(folder)
  if len(folders) == 1:
    return next(iter(folders))
  most, *rest = sorted(folders, key=lambda v: (-len(folders[v]), v))
  parts = [f'{most} ({count(len(folders[most]), "member")})']
  parts += [f'{version} ({_listed(folders[version])})' for version in rest]
  return 'differs: ' + '; '.join(parts)


def _listed(folders: Sequence[str]) -> str:
  named = ', '.join(folders[:_NAMED])
  unnamed = len(folders) - _NAMED
  return f'{named} and {unnamed} more' if unnamed > 0 else named
