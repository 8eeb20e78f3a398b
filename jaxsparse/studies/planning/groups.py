"""Groups of members that are trained together, and the step they resume from.

Trained one by one, each member resumes from its newest checkpoint. Under vmap
all members of a group resume from one step: the new members of a family form
groups, and the begun ones form others, by the step of their checkpoints.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from jaxsparse.studies.planning.members import Member
from jaxsparse.studies.planning.status import Status

# The most members of one vmapped program.
_WIDEST = 64


class Group(NamedTuple):
  """Members that are trained together, and the step that they resume from."""

  names: tuple[str, ...]
  step: int


def form(
  left: Iterable[Member],
  statuses: Mapping[str, Status],
  executors: Mapping[str, str],
) -> list[Group]:
  """Groups the members that have not ended into those trained together.

  Args:
    left: each after those that it needs.
    statuses: by the name of the member.
    executors: 'one_by_one' or 'vmap' by the name of the member.
  """
  alike: dict[Hashable, list[str]] = {}
  depth: dict[str, int] = {}
  for member in left:
    name = member.name
    above = (depth.get(other, 0) for other in member.after)
    depth[name] = 1 + max(above, default=0)
    key: Hashable = name
    if executors[name] == 'vmap':
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
  """Yields groups of members that resume from the same step.

  A process killed while members save leaves some of them one checkpoint behind
  the others. They are grouped with these, and the results are bitwise those of
  a run that was not killed.
  """
  steps = sorted({statuses[name].step for name in names}, reverse=True)
  while steps:
    begin = steps.pop(0)
    at_step = [name for name in names if statuses[name].step == begin]
    before = {statuses[name].saved[-2:-1] for name in at_step}
    if steps and before == {(steps[0],)}:
      begin = steps.pop(0)
      at_step = [n for n in names if n in at_step or statuses[n].step == begin]
    yield Group(tuple(at_step), begin)
