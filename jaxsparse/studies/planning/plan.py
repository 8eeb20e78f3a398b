"""The plan of a study: its members, their statuses, and how they execute.

Making one writes nothing. Trained one by one, each member resumes from its
newest checkpoint. Under vmap all members of a group resume from one step: the
new members of a family form groups, and the begun ones form others, by the step
of their checkpoints.
"""

import os
import pathlib
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import jax

from jaxsparse import storage
from jaxsparse.core.cores import usable_cores
from jaxsparse.results.names import count
from jaxsparse.runs import compiled, reading, workdir
from jaxsparse.runs.build import Read
from jaxsparse.runs.progress import hushed
from jaxsparse.studies.planning.check import check
from jaxsparse.studies.planning.members import Expanded, StudyMember, expand
from jaxsparse.studies.planning.status import Status, status
from jaxsparse.studies.spec import Study
from jaxsparse.training.sharding import DEFAULT, Devices

_WORDS = {'one_by_one': 'one by one', 'vmap': 'together by vmap'}
# The most members of one vmapped program.
_WIDEST = 64


class NothingToRun(ValueError):
  """Raised when every config of a study was refused."""


class StudyPlan(NamedTuple):
  """The members of a study, and the status of each.

  Attributes:
    study: what to run.
    runs_dir: folder of its members' directories.
    expanded: its members.
    statuses: by the name of the member; the step of one that has begun is the
      step that it resumes from.
    executors: 'one_by_one' or 'vmap', by the name of the member.
  """

  study: Study
  runs_dir: pathlib.Path
  expanded: Expanded
  statuses: Mapping[str, Status]
  executors: Mapping[str, str]

  @property
  def left(self) -> tuple[StudyMember, ...]:
    """Members that have not ended, each after those that it needs."""
    return tuple(
      member
      for name, member in self.expanded.members.items()
      if not self.statuses[name].ended
    )


def plan(
  study: Study,
  runs_dir: str | os.PathLike[str],
  parallel: str,
  read: Read = reading.dataset,
  devices: Devices = DEFAULT,
) -> StudyPlan:
  """Builds every member and reads its status.

  Args:
    study: what to run.
    runs_dir: folder of its members' directories.
    parallel: 'auto', 'one_by_one' or 'vmap'.
    read: see `build`; members cannot be trained without their data.
    devices: that members are divided over; one that they cannot divide is
      refused.

  Raises:
    ValueError: the study is malformed, `parallel` is unknown, or a directory
      cannot be read.
  """
  check(study)
  with hushed():
    expanded = expand(study, runs_dir, read, devices)
  root = storage.absolute(runs_dir)
  statuses = {
    name: status(root / name, member.experiment.plan.num_steps)
    for name, member in expanded.members.items()
  }
  result = StudyPlan(
    study, root, expanded, statuses, _executors(expanded, parallel)
  )
  for group in form_groups(result.left, statuses, result.executors):
    for name in group.names:
      statuses[name] = statuses[name]._replace(step=group.step)
  return result


class MemberGroup(NamedTuple):
  """Members that are trained together, and the step that they resume from."""

  names: tuple[str, ...]
  step: int


def check_plan(plan: StudyPlan) -> None:
  """Checks that some member can be run, and be written.

  Raises:
    NothingToRun: all configs were refused.
    ValueError: the runs folder cannot be written.
  """
  if not plan.expanded.members:
    raise NothingToRun(f'no member can be run: {plan.expanded.cells[0].error}')
  if plan.left:
    workdir.check_writable(plan.runs_dir)


def form_groups(
  left: Iterable[StudyMember],
  statuses: Mapping[str, Status],
  executors: Mapping[str, str],
) -> list[MemberGroup]:
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
      key = family(member), depth[name], statuses[name].kind
    alike.setdefault(key, []).append(name)
  return [
    MemberGroup(group.names[i : i + _WIDEST], group.step)
    for names in alike.values()
    for group in _by_step(names, statuses)
    for i in range(0, len(group.names), _WIDEST)
  ]


def _by_step(
  names: Sequence[str], statuses: Mapping[str, Status]
) -> Iterator[MemberGroup]:
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
    yield MemberGroup(tuple(at_step), begin)


def family(member: StudyMember) -> Hashable:
  """Returns a key that is equal for members that share compiled programs."""
  return compiled.family(member.experiment)


def _executors(expanded: Expanded, parallel: str) -> dict[str, str]:
  """Chooses 'one_by_one' or 'vmap' for each member, once per family."""
  chosen: dict[Hashable, str] = {}
  for member in expanded.members.values():
    if family(member) not in chosen:
      choice = compiled.choose(member.experiment, parallel)
      chosen[family(member)] = choice
  return {n: chosen[family(m)] for n, m in expanded.members.items()}


def executions(plan: StudyPlan) -> list[str]:
  """Returns a line per family: one by one or by vmap, runs and members."""
  members = plan.expanded.members
  numbers = Counter(map(family, members.values()))
  runs: dict[Hashable, dict[str, None]] = {}
  how = {}
  for cell in plan.expanded.cells:
    if cell.member:
      key = family(members[cell.member])
      runs.setdefault(key, {})[cell.row.run] = None
      how[key] = _WORDS[plan.executors[cell.member]]
  return [
    f'{how[key]}: {", ".join(names)} ({count(numbers[key], "member")})'
    for key, names in runs.items()
  ]


def width(plan: StudyPlan) -> int:
  """Returns the number of tasks that may run at the same time."""
  together = 'vmap' in plan.executors.values() or jax.process_count() > 1
  if together or jax.default_backend() != 'cpu':
    return 1
  return 1 if all(map(alone, plan.left)) else usable_cores()


def alone(member: StudyMember) -> bool:
  """Returns whether a member must run alone, as it uses the whole machine."""
  return compiled.dispatch(member.experiment) != 'scan'
