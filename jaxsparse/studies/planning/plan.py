"""The plan of a study: its members, their statuses, and how they execute.

Making one writes nothing.
"""

import os
import pathlib
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import NamedTuple

import jax

from jaxsparse.results.names import count
from jaxsparse.runs import parallel as parallel_lib
from jaxsparse.runs import reading, workdir
from jaxsparse.runs.build import Read
from jaxsparse.runs.compiled import dispatch
from jaxsparse.runs.progress import hushed
from jaxsparse.studies.planning import groups
from jaxsparse.studies.planning.members import Expanded, Member, expand
from jaxsparse.studies.planning.status import Status, status
from jaxsparse.studies.spec import Study
from jaxsparse.training.cores import usable_cores

_WORDS = {'one_by_one': 'one by one', 'vmap': 'together by vmap'}


class Plan(NamedTuple):
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
  def left(self) -> tuple[Member, ...]:
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
) -> Plan:
  """Builds every member and reads its status.

  Args:
    study: what to run.
    runs_dir: folder of its members' directories.
    parallel: 'auto', 'one_by_one' or 'vmap'.
    read: see `build`; members cannot be trained without their data.

  Raises:
    ValueError: the study is malformed, `parallel` is unknown, or a directory
      cannot be read.
  """
  with hushed():
    expanded = expand(study, runs_dir, read)
  root = workdir.local(runs_dir)
  statuses = {
    name: status(root / name, member.experiment.plan.num_steps)
    for name, member in expanded.members.items()
  }
  result = Plan(study, root, expanded, statuses, _executors(expanded, parallel))
  for group in groups.form(result.left, statuses, result.executors):
    for name in group.names:
      statuses[name] = statuses[name]._replace(step=group.step)
  return result


def _executors(expanded: Expanded, parallel: str) -> dict[str, str]:
  """Chooses 'one_by_one' or 'vmap' for each member, once per family."""
  chosen: dict[Hashable, str] = {}
  for member in expanded.members.values():
    if member.family not in chosen:
      choice = parallel_lib.choose(member.experiment, parallel)
      chosen[member.family] = choice
  return {n: chosen[m.family] for n, m in expanded.members.items()}


def executions(plan: Plan) -> list[str]:
  """Returns a line per family: one by one or by vmap, runs and members."""
  runs: dict[Hashable, dict[str, None]] = {}
  numbers = Counter(m.family for m in plan.expanded.members.values())
  how = {}
  for cell in plan.expanded.cells:
    if cell.member:
      family = plan.expanded.members[cell.member].family
      runs.setdefault(family, {})[cell.row.run] = None
      how[family] = plan.executors[cell.member]
  return [
    f'{_WORDS[how[family]]}: {", ".join(names)}'
    f' ({count(numbers[family], "member")})'
    for family, names in runs.items()
  ]


def width(plan: Plan) -> int:
  """Returns the number of tasks that may run at the same time."""
  if jax.default_backend() != 'cpu' or 'vmap' in plan.executors.values():
    return 1
  return 1 if all(map(alone, plan.left)) else usable_cores()


def alone(member: Member) -> bool:
  """Returns whether a member must run alone, as it uses the whole machine."""
  return dispatch(member.experiment) != 'scan'
