"""Plan of a study (`--plan`): members, their status, steps and time left.

Writes nothing.
"""

import os
import pathlib
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import jax

from jaxsparse.results.names import count
from jaxsparse.runs import outline, population, reading, summary, workdir
from jaxsparse.runs.build import Read
from jaxsparse.runs.compiled import dispatch
from jaxsparse.runs.progress import hushed
from jaxsparse.studies.planning import pairing, programs, together
from jaxsparse.studies.planning.estimate import (
  COMPILING,
  Estimates,
  duration,
)
from jaxsparse.studies.planning.members import (
  Expanded,
  Member,
  expand,
)
from jaxsparse.studies.planning.status import Status, status
from jaxsparse.studies.spec import Study
from jaxsparse.training.carry import usable_cores

_SAID = {'one_by_one': 'one by one', 'vmap': 'together by vmap'}


class Plan(NamedTuple):
  """The members of a study, and the status of each.

  Attributes:
    study: what to run.
    runs_dir: folder of its members' directories.
    expanded: its members.
    statuses: by the name of the member; the step of one that has begun is the
      step that it resumes from.
    carries: 'one_by_one' or 'vmap', by the name of the member.
  """

  study: Study
  runs_dir: pathlib.Path
  expanded: Expanded
  statuses: Mapping[str, Status]
  carries: Mapping[str, str]

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
  carry: str,
  read: Read = reading.dataset,
) -> Plan:
  """Builds every member and reads its status.

  Args:
    study: what to run.
    runs_dir: folder of its members' directories.
    carry: 'auto', 'one_by_one' or 'vmap'.
    read: see `build`; members cannot be trained without their data.

  Raises:
    ValueError: the study is malformed, `carry` is unknown, or a directory
      cannot be read.
  """
  with hushed():
    expanded = expand(study, runs_dir, read)
  root = workdir.local(runs_dir)
  statuses = {
    name: status(root / name, member.experiment.plan.num_steps)
    for name, member in expanded.members.items()
  }
  result = Plan(study, root, expanded, statuses, _carries(expanded, carry))
  for group in together.groups(result.left, statuses, result.carries):
    for name in group.names:
      statuses[name] = statuses[name]._replace(step=group.step)
  return result


def _carries(expanded: Expanded, carry: str) -> dict[str, str]:
  """Chooses 'one_by_one' or 'vmap' for each member, once per family."""
  chosen: dict[Hashable, str] = {}
  for member in expanded.members.values():
    if member.family not in chosen:
      choice = population.choose_carry(member.experiment, carry)
      chosen[member.family] = choice
  return {n: chosen[m.family] for n, m in expanded.members.items()}


def carried(plan: Plan) -> list[str]:
  """Returns a line per family: one by one or by vmap, runs and members."""
  runs: dict[Hashable, dict[str, None]] = {}
  numbers = Counter(m.family for m in plan.expanded.members.values())
  how = {}
  for cell in plan.expanded.cells:
    if cell.member:
      family = plan.expanded.members[cell.member].family
      runs.setdefault(family, {})[cell.row.run] = None
      how[family] = plan.carries[cell.member]
  return [
    f'{_SAID[how[family]]}: {", ".join(names)}'
    f' ({count(numbers[family], "member")})'
    for family, names in runs.items()
  ]


def width(plan: Plan) -> int:
  """Returns the number of tasks that may run at the same time."""
  if jax.default_backend() != 'cpu' or 'vmap' in plan.carries.values():
    return 1
  return 1 if all(map(alone, plan.left)) else usable_cores()


def alone(member: Member) -> bool:
  """Returns whether a member must run alone, as it uses the whole machine."""
  return dispatch(member.experiment) != 'scan'


def text(plan: Plan) -> str:
  """Formats a plan: the table by run, dependencies, dispatch and totals."""
  blocks = [
    _rows_text(plan),
    _not_new(plan),
    _needs(plan.study),
    [f'carried {line}' for line in carried(plan)],
    outline.absent(m.experiment for m in plan.expanded.members.values()),
    _sums(plan),
  ]
  return '\n\n'.join('\n'.join(lines) for lines in blocks if lines)


def _rows_text(plan: Plan) -> list[str]:
  return [summary.aligned(_rows(plan))]


def _rows(plan: Plan) -> list[tuple[str, ...]]:
  heading = ('run', 'members', 'done', 'begun', 'failed', 'refused', 'steps')
  rows: list[tuple[str, ...]] = [heading]
  for run in plan.study.runs:
    cells = [c for c in plan.expanded.cells if c.row.run == run.name]
    names = [c.member for c in cells if c.member]
    kinds = [plan.statuses[name].kind for name in names]
    counts = [kinds.count(kind) for kind in ('done', 'begun', 'failed')]
    steps = sum(_steps(plan, name) for name in dict.fromkeys(names))
    numbers = (len(cells), *counts, len(cells) - len(names), steps)
    rows.append((run.name, *(f'{n:,}' if n else '' for n in numbers)))
  return rows


def _steps(plan: Plan, name: str) -> int:
  """Returns the number of steps that a member has still to train."""
  state = plan.statuses[name]
  if state.ended:
    return 0
  return plan.expanded.members[name].experiment.plan.num_steps - state.step


def _not_new(plan: Plan) -> list[str]:
  """Lists the members that are begun, failed, broken or refused."""
  lines = []
  for name, state in plan.statuses.items():
    if state.kind == 'begun':
      steps = plan.expanded.members[name].experiment.plan.num_steps
      lines.append(f'begun    {name}: at step {state.step} of {steps}')
    elif state.error:
      lines.append(f'{state.kind:<8} {name}: {state.error}')
  refused = {(c.row, c.error): None for c in plan.expanded.cells if c.error}
  for row, error in refused:
    lines.append(f'refused  {plan.study.row_name(row)}: {error}')
  return lines


def _needs(study: Study) -> list[str]:
  lines = []
  for run in study.runs:
    needed = pairing.needs(run)
    if needed:
      lines.append(f'{run.name} needs {", ".join(needed)}')
  for analysis in study.analyses:
    lines.append(f'analysis {analysis.name} needs {", ".join(analysis.of)}')
  return lines


def _sums(plan: Plan) -> list[str]:
  members, unfinished = plan.expanded.members, plan.left
  done = sum(s.kind == 'done' for s in plan.statuses.values())
  compiled = programs.count(member.experiment for member in unfinished)
  kinds = ', '.join(count(number, kind) for kind, number in compiled.items())
  steps = sum(_steps(plan, member.name) for member in unfinished)
  shared = sum(bool(c.member) for c in plan.expanded.cells) - len(members)
  rows = [
    ('runs', f'{len(plan.study.runs)}'),
    ('members', _members(len(members), shared)),
    ('done', f'{done}'),
    ('to compile', f'{count(sum(compiled.values()), "program")}: {kinds}'),
    ('steps', f'{steps:,}'),
    ('time', _time(plan, unfinished)),
  ]
  return [summary.columns(rows)]


def _members(number: int, shared: int) -> str:
  if not shared:
    return f'{number}'
  return f'{number} ({shared} more that rows share are trained once)'


def _time(plan: Plan, left: Sequence[Member]) -> str:
  if not left:
    return 'nothing is left'
  estimates = Estimates(plan.runs_dir)
  seconds, rough = 0.0, []
  for member in left:
    estimate = estimates.whole(member.experiment, plan.carries[member.name])
    share = _steps(plan, member.name) / member.experiment.plan.num_steps
    seconds += share * estimate.seconds
    if estimate.rough:
      rough.append(member.experiment)
  compiled = sum(programs.count(rough).values())
  seconds = seconds / width(plan) + compiled * COMPILING
  description = f'about {duration(seconds)}'
  if rough:
    description += (
      f' (rough: {len(rough)} of {len(left)} members are unlike any that is'
      ' finished; reckoned from floating-point operations and'
      f' {count(compiled, "program")} to compile)'
    )
  return description
