"""What a study would run, and what is done: `--plan`. Nothing is written."""

import os
import pathlib
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import jax

from jaxsparse.runs import outline, population, summary, workdir
from jaxsparse.runs.compiled import dispatch
from jaxsparse.runs.progress import hushed
from jaxsparse.studies.names import count, row_name
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
  """A study's members, and where each stands.

  Attributes:
    study: what to run.
    runs_dir: where its members are, or will be.
    expanded: its members.
    statuses: by the name of the member; the step of one that is under way is
      that from which it goes on.
    carries: 'one_by_one' or 'vmap' by the name of the member.
  """

  study: Study
  runs_dir: pathlib.Path
  expanded: Expanded
  statuses: Mapping[str, Status]
  carries: Mapping[str, str]

  @property
  def left(self) -> tuple[Member, ...]:
    """The members that have not ended, each after those that it needs."""
    return tuple(
      member
      for name, member in self.expanded.members.items()
      if not self.statuses[name].ended
    )


def plan(
  study: Study,
  runs_dir: str | os.PathLike[str],
  carry: str,
  *,
  without_data: bool = False,
) -> Plan:
  """Builds every member and looks where it stands.

  Args:
    study: what to run.
    runs_dir: where its members are, or will be.
    carry: 'auto', 'one_by_one' or 'vmap'.
    without_data: the data sets need not be there, and nothing can be trained.

  Raises:
    ValueError: the study or `carry` is wrong, or a directory unreadable.
  """
  with hushed():
    expanded = expand(study, runs_dir, without_data=without_data)
  root = workdir.local(runs_dir)
  statuses = {
    name: status(root / name, member.experiment.plan.num_steps)
    for name, member in expanded.members.items()
  }
  made = Plan(study, root, expanded, statuses, _carries(expanded, carry))
  for group in together.groups(made.left, statuses, made.carries):
    for name in group.names:
      statuses[name] = statuses[name]._replace(step=group.step)
  return made


def _carries(expanded: Expanded, carry: str) -> dict[str, str]:
  """The choice for each member, made (and told) once a family."""
  chosen: dict[Hashable, str] = {}
  for member in expanded.members.values():
    if member.family not in chosen:
      choice = population.choose_carry(member.experiment, carry)
      chosen[member.family] = choice
  return {n: chosen[m.family] for n, m in expanded.members.items()}


def carried(plan: Plan) -> list[str]:
  """How the members of each family are carried, a line a family."""
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
  """How many tasks may be under way at once."""
  if jax.default_backend() != 'cpu' or 'vmap' in plan.carries.values():
    return 1
  return 1 if all(map(alone, plan.left)) else usable_cores()


def alone(member: Member) -> bool:
  """Whether a member fills the machine, so that none runs beside it."""
  return dispatch(member.experiment) != 'scan'


def text(plan: Plan) -> str:
  """The table by run, what needs what, how it is carried, and the sums."""
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
  """Of a member, those that are left."""
  found = plan.statuses[name]
  if found.ended:
    return 0
  return plan.expanded.members[name].experiment.plan.num_steps - found.step


def _not_new(plan: Plan) -> list[str]:
  """What a person may wish to look into: begun, failed, broken, refused."""
  lines = []
  for name, found in plan.statuses.items():
    if found.kind == 'begun':
      steps = plan.expanded.members[name].experiment.plan.num_steps
      lines.append(f'begun    {name}: at step {found.step} of {steps}')
    elif found.error:
      lines.append(f'{found.kind:<8} {name}: {found.error}')
  refused = {(c.row, c.error): None for c in plan.expanded.cells if c.error}
  for row, error in refused:
    lines.append(f'refused  {row_name(plan.study, row)}: {error}')
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
  members, left = plan.expanded.members, plan.left
  done = sum(s.kind == 'done' for s in plan.statuses.values())
  compiled = programs.count(member.experiment for member in left)
  kinds = ', '.join(count(number, kind) for kind, number in compiled.items())
  steps = sum(_steps(plan, member.name) for member in left)
  shared = sum(bool(c.member) for c in plan.expanded.cells) - len(members)
  rows = [
    ('runs', f'{len(plan.study.runs)}'),
    ('members', _members(len(members), shared)),
    ('done', f'{done}'),
    ('to compile', f'{count(sum(compiled.values()), "program")}: {kinds}'),
    ('steps', f'{steps:,}'),
    ('time', _time(plan, left)),
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
    whole = estimates.whole(member.experiment, plan.carries[member.name])
    share = _steps(plan, member.name) / member.experiment.plan.num_steps
    seconds += share * whole.seconds
    if whole.rough:
      rough.append(member.experiment)
  compiled = sum(programs.count(rough).values())
  seconds = seconds / width(plan) + compiled * COMPILING
  shown = f'about {duration(seconds)}'
  if rough:
    shown += (
      f' (rough: {len(rough)} of {len(left)} members are unlike any that is'
      ' finished; reckoned from floating-point operations and'
      f' {count(compiled, "program")} to compile)'
    )
  return shown
