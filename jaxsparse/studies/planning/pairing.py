"""Dependencies between the runs of a study, and between their members.

A value like '{dense}' of a run stands for the member of the run `dense` that
has the same seed and the same values of the grid fields that both runs have;
'{dense@0}' for that of seed 0, whatever the seed. '{ticket<dense}' is that of
`ticket` at the last `pruning.level` below the run's own, which may be of the
same run, and where there is none that of `dense`; '{ticket<<dense}' is that of
`dense` and those of all levels below, with commas between. So are several such
values with commas between.
"""

import graphlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from jaxsparse.results.rows import Row
from jaxsparse.studies.spec import Run, Study

LEVEL = 'pruning.level'

_SOURCE = re.compile(r'\{(\w+(?:@\d+)?)(?:(<<?)(\w+(?:@\d+)?))?\}', re.ASCII)
_SEEDED = re.compile(r'(\w+)@(\d+)', re.ASCII)


class Source(NamedTuple):
  """A value like '{dense}': which members of which run.

  Attributes:
    run: its name.
    seed: the seed of the member; `None` for that of the run that starts from
      it.
    below: '' for one of equal fields, '<' for that of the last level below,
      '<<' for those of all levels below.
    first: of levels: the run that comes before all of them.
    first_seed: as `seed`, of `first`.
  """

  run: str
  seed: int | None
  below: str = ''
  first: str = ''
  first_seed: int | None = None

  def names(self) -> Iterator[tuple[str, int | None]]:
    """Yields the runs, each with its fixed seed."""
    yield self.run, self.seed
    if self.below:
      yield self.first, self.first_seed


def parse(value: Any) -> tuple[Source, ...]:
  """Parses a value like '{dense}', or several; () for any other value."""
  if not isinstance(value, str):
    return ()
  matches = [_SOURCE.fullmatch(part) for part in value.split(',')]
  fitting = [match for match in matches if match]
  if len(fitting) < len(matches):
    return ()
  return tuple(
    Source(*seeded(run), below or '', *(seeded(first) if first else ('',)))
    for run, below, first in (match.groups() for match in fitting)
  )


def seeded(name: str) -> tuple[str, int | None]:
  """Splits 'pruned@0' into run and seed; the seed of 'pruned' is `None`."""
  matched = _SEEDED.fullmatch(name)
  return (matched[1], int(matched[2])) if matched else (name, None)


def sources(run: Run) -> tuple[tuple[str, int | None], ...]:
  """Returns the runs that `run` starts from, each with its fixed seed.

  The seed is `None` where it is not fixed.
  """
  values = [*run.overrides.values(), *(v for g in run.grid.values() for v in g)]
  named = (pair for v in values for one in parse(v) for pair in one.names())
  return tuple(dict.fromkeys(named))


def needs(run: Run) -> tuple[str, ...]:
  """Returns the names of the runs that must be finished before `run`."""
  names = dict.fromkeys((*(s for s, _ in sources(run)), *run.after))
  return tuple(name for name in names if name != run.name)


def order(study: Study) -> tuple[Row, ...]:
  """Sorts the rows of a study, each after those that it needs.

  Raises:
    ValueError: runs need one another in a circle, or as for `match`.
  """
  rows = study.rows()
  sorter: graphlib.TopologicalSorter[Row] = graphlib.TopologicalSorter()
  for row in rows:
    run = study.run(row.run)
    where = f'study.runs[{run.name!r}]'
    values = {**run.overrides, **dict(row.point)}.values()
    starts = (
      pair[0]
      for value in values
      for source in parse(value)
      for pair in matches(study, row, source, where)
    )
    earlier = (r for name in run.after for r in study.run(name).rows())
    sorter.add(row, *starts, *earlier)
  try:
    rank = {row: i for i, row in enumerate(sorter.static_order())}
  except graphlib.CycleError as error:
    names = dict.fromkeys(row.run for row in error.args[1])
    circle = ' <- '.join((*names, next(iter(names))))
    raise ValueError(
      f'study.runs: these need one another in a circle: {circle}'
    ) from None
  return tuple(sorted(rows, key=lambda row: rank[row]))


def matches(
  study: Study, row: Row, source: Source, where: str
) -> list[tuple[Row, int | None]]:
  """Returns the rows, each with its fixed seed, that `source` of `row` names.

  Raises:
    ValueError: as for `match`.
  """
  if not source.below:
    return [(match(study, row, source.run, where), source.seed)]
  fields = dict(row.point)
  at = fields.get(LEVEL, study.run(row.run).overrides.get(LEVEL))
  levels = study.run(source.run).grid.get(LEVEL, ())
  below = sorted(level for level in levels if at is not None and level < at)
  chosen = below if source.below == '<<' else below[-1:]
  rows = [
    (match(study, _at(row, level), source.run, where), source.seed)
    for level in chosen
  ]
  if below and source.below == '<':
    return rows
  return [(match(study, row, source.first, where), source.first_seed), *rows]


def partners(
  study: Study, row: Row, name: str, where: str
) -> list[tuple[Row, int | None]]:
  """Returns the rows, each with its fixed seed, that go with one in analyses.

  Args:
    study: of the rows.
    row: of the first run of an analysis.
    name: 'pruned', 'pruned@0', 'ticket<dense' (the level before), or 'ticket*':
      all levels, ascending.
    where: for errors.

  Raises:
    ValueError: as for `match`.
  """
  (source,) = parse(f'{{{name.removesuffix("*")}}}')
  if not name.endswith('*'):
    return matches(study, row, source, where)
  levels = study.run(source.run).grid.get(LEVEL, ())
  return [
    (match(study, _at(row, level), source.run, where), source.seed)
    for level in sorted(levels)
  ]


def _at(row: Row, level: int) -> Row:
  """Returns the row at another level."""
  return Row(row.run, tuple((dict(row.point) | {LEVEL: level}).items()))


def match(study: Study, row: Row, other: str, where: str) -> Row:
  """Returns the row of `other` that equals `row` in the fields both have.

  Raises:
    ValueError: there is none, or more than one.
  """
  fields = dict(row.point)
  rows = [
    candidate
    for candidate in study.run(other).rows()
    if all(fields.get(f, value) == value for f, value in candidate.point)
  ]
  if len(rows) != 1:
    point = ', '.join(f'{f}={v!r}' for f, v in row.point) or 'no grid'
    raise ValueError(
      f'{where}: {len(rows)} rows of {other!r} go with that of {row.run!r}'
      f' at {point}; accepted is one: give both runs the same values of the'
      f' fields {", ".join(study.run(other).grid) or "none"}'
    )
  return rows[0]
