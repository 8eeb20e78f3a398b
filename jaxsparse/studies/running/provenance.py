"""What the members of a study were made with, and where that differs."""

from collections.abc import Sequence

from jaxsparse.studies.names import count
from jaxsparse.studies.results import MemberResult

NOT_RECORDED = 'not recorded'
_NAMED = 3


def collected(members: Sequence[MemberResult]) -> tuple[tuple[str, str], ...]:
  """`(package, version)` of the members that are done.

  Where they differ, each version with its members: how many had what most
  had, and the folders of the others. It is what their summaries say, whoever
  writes the report and with what.
  """
  made: dict[str, dict[str, str]] = {
    member.root.name: member.summary.get('made_with', {})
    for member in members
    if member.root is not None and member.summary is not None
  }
  names = dict.fromkeys(name for versions in made.values() for name in versions)
  if not names and made:
    return (('versions', NOT_RECORDED),)
  return tuple((name, _said(name, made)) for name in names)


def _said(name: str, made: dict[str, dict[str, str]]) -> str:
  folders: dict[str, list[str]] = {}
  for folder, versions in sorted(made.items()):
    folders.setdefault(versions.get(name, NOT_RECORDED), []).append(folder)
  if len(folders) == 1:
    return next(iter(folders))
  most, *others = sorted(folders, key=lambda v: (-len(folders[v]), v))
  parts = [f'{most} ({count(len(folders[most]), "member")})']
  parts += [f'{version} ({_listed(folders[version])})' for version in others]
  return 'differs: ' + '; '.join(parts)


def _listed(folders: Sequence[str]) -> str:
  named = ', '.join(folders[:_NAMED])
  more = len(folders) - _NAMED
  return f'{named} and {more} more' if more > 0 else named
