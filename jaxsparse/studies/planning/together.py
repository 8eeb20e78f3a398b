"""Which members are carried together, and the step that they go on from.

One by one each goes on from its own newest checkpoint. By vmap all of a group
go on from one step: those of a family that are new make groups, and those that
are under way make others, by the step that they have saved.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from jaxsparse.studies.planning.members import Member
from jaxsparse.studies.planning.status import Status

# The most members that one vmapped program carries.
_WIDEST = 64


class Group(NamedTuple):
  """Members that are trained together, and where they go on."""

  names: tuple[str, ...]
  step: int


def groups(
  left: Iterable[Member],
  statuses: Mapping[str, Status],
  carries: Mapping[str, str],
) -> list[Group]:
  """The members that are left, as they are trained.

  Args:
    left: each after those that it needs.
    statuses: by the name of the member.
    carries: 'one_by_one' or 'vmap' by the name of the member.
  """
  alike: dict[Hashable, list[str]] = {}
  depth: dict[str, int] = {}
  for member in left:
    name = member.name
    above = (depth.get(other, 0) for other in member.after)
    depth[name] = 1 + max(above, default=0)
    key: Hashable = name
    if carries[name] == 'vmap':
      # Those at one depth cannot need one another.
      key = member.family, depth[name], statuses[name].kind
    alike.setdefault(key, []).append(name)
  return [
    Group(group.names[i : i + _WIDEST], group.step)
    for names in alike.values()
    for group in _by_step(names, statuses)
    for i in range(0, len(group.names), _WIDEST)
  ]


def _by_step(
  names: Sequence[str], statuses: Mapping[str, Status]
) -> Iterator[Group]:
  """Those that go on from the same step.

  A kill while members save leaves some of them one save behind the others;
  they go on together, with the bits of a run that was not killed.
  """
  steps = sorted({statuses[name].step for name in names}, reverse=True)
  while steps:
    begin = steps.pop(0)
    some = [name for name in names if statuses[name].step == begin]
    before = {statuses[name].saved[-2:-1] for name in some}
    if steps and before == {(steps[0],)}:
      begin = steps.pop(0)
      some = [n for n in names if n in some or statuses[n].step == begin]
    yield Group(tuple(some), begin)
