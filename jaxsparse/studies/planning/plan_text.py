"""The text of `--plan`: members, their status, steps and time left."""

from collections.abc import Iterable, Mapping, Sequence

from jaxsparse.core.tables import aligned
from jaxsparse.results.names import count
from jaxsparse.runs import outline, summary
from jaxsparse.studies.planning import pairing
from jaxsparse.studies.planning.estimate import (
  COMPILING,
  Estimates,
  duration,
  programs,
)
from jaxsparse.studies.planning.members import StudyMember
from jaxsparse.studies.planning.plan import StudyPlan, executions, width
from jaxsparse.studies.spec import Study

_COUNTED = ('done', 'begun', 'failed')


def text(plan: StudyPlan) -> str:
  """Formats a plan: the table by run, dependencies, dispatch and totals."""
  members = plan.expanded.members.values()
  blocks: Sequence[Iterable[str]] = [
    _runs(plan),
    _not_new(plan),
    _needs(plan.study),
    [f'trained {line}' for line in executions(plan)],
    outline.absent(member.experiment for member in members),
    _sums(plan),
  ]
  texts = ('\n'.join(lines) for lines in blocks)
  return '\n\n'.join(filter(None, texts))


def _runs(plan: StudyPlan) -> list[str]:
  """Tabulates the cells of each run by their status, and its steps."""
  rows: list[tuple[str, ...]] = [
    ('run', 'members', *_COUNTED, 'refused', 'steps')
  ]
  for run in plan.study.runs:
    cells = [c for c in plan.expanded.cells if c.row.run == run.name]
    names = [c.member for c in cells if c.member]
    kinds = [plan.statuses[name].kind for name in names]
    steps = sum(_steps(plan, name) for name in dict.fromkeys(names))
    numbers = (
      *(len(cells), *map(kinds.count, _COUNTED)),
      *(len(cells) - len(names), steps),
    )
    rows.append((run.name, *(f'{n:,}' if n else '' for n in numbers)))
  return [aligned(rows)]


def _steps(plan: StudyPlan, name: str) -> int:
  """Returns the number of steps that a member has still to train."""
  status = plan.statuses[name]
  if status.ended:
    return 0
  own = plan.expanded.members[name].experiment.plan
  return own.num_steps - max(status.step, own.begin)


def _not_new(plan: StudyPlan) -> Iterable[str]:
  """Lists the members that are begun, failed, broken or refused."""
  for name, status in plan.statuses.items():
    if status.kind == 'begun':
      steps = plan.expanded.members[name].experiment.plan.num_steps
      yield f'begun    {name}: at step {status.step} of {steps}'
    elif status.error:
      yield f'{status.kind:<8} {name}: {status.error}'
  refused = {(c.row, c.error): None for c in plan.expanded.cells if c.error}
  for row, error in refused:
    yield f'refused  {plan.study.row_name(row)}: {error}'


def _needs(study: Study) -> Iterable[str]:
  for run in study.runs:
    if needs := pairing.needs(run):
      yield f'{run.name} needs {", ".join(needs)}'
  for analysis in study.analyses:
    yield f'analysis {analysis.name} needs {", ".join(analysis.of)}'


def _sums(plan: StudyPlan) -> list[str]:
  members, left = plan.expanded.members, plan.left
  number = f'{len(members)}'
  if shared := sum(bool(c.member) for c in plan.expanded.cells) - len(members):
    number += f' ({shared} more that rows share are trained once)'
  compiled = programs(member.experiment for member in left)
  kinds = ', '.join(count(number, kind) for kind, number in compiled.items())
  rows = [
    ('runs', f'{len(plan.study.runs)}'),
    ('members', number),
    ('done', f'{sum(s.kind == "done" for s in plan.statuses.values())}'),
    ('to compile', f'{_programs(compiled)}: {kinds}'),
    ('steps', f'{sum(_steps(plan, member.name) for member in left):,}'),
    ('time', _time(plan, left) if left else 'nothing is left'),
  ]
  return [summary.columns(rows)]


def _programs(compiled: Mapping[str, int]) -> str:
  return count(sum(compiled.values()), 'program')


def _time(plan: StudyPlan, left: Sequence[StudyMember]) -> str:
  estimates = Estimates(plan.runs_dir)
  seconds, rough = 0.0, []
  for member in left:
    estimate = estimates.whole(member.experiment, plan.executors[member.name])
    share = _steps(plan, member.name) / member.experiment.plan.length
    seconds += share * estimate.seconds
    if estimate.rough:
      rough.append(member.experiment)
  compiled = programs(rough)
  seconds = seconds / width(plan) + sum(compiled.values()) * COMPILING
  description = f'about {duration(seconds)}'
  if rough:
    description += (
      f' (rough: {len(rough)} of {len(left)} members are unlike any that is'
      ' finished; reckoned from floating-point operations and'
      f' {_programs(compiled)} to compile)'
    )
  return description
