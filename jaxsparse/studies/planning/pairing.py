"""Dependencies between the runs of a study, and between their members.

A value like '{dense}' of a run stands for the member of the run `dense` that
has the same seed and the same values of the grid fields that both runs have;
'{dense@0}' for that of seed 0, whatever the seed.
"""

import graphlib
import re
from typing import Any

from jaxsparse.results.rows import Row
from jaxsparse.studies.spec import Run, Study

_SOURCE = re.compile(r'\{(\w+(?:@\d+)?)\}', re.ASCII)
_SEEDED = re.compile(r'(\w+)@(\d+)', re.ASCII)


def source(value: Any) -> tuple[str, int | None] | None:
  """Parses a value like '{dense}' as a run and its seed; else `None`."""
  matched = _SOURCE.fullmatch(value) if isinstance(value, str) else None
  return seeded(matched[1]) if matched else None


def seeded(name: str) -> tuple[str, int | None]:
  """Splits 'pruned@0' into run and seed; the seed of 'pruned' is `None`."""
  matched = _SEEDED.fullmatch(name)
  return (matched[1], int(matched[2])) if matched else (name, None)


def sources(run: Run) -> tuple[tuple[str, int | None], ...]:
  """Returns the runs that `run` starts from, each with its fixed seed.

  The seed is `None` where it is not fixed.
  """
  values = [*run.overrides.values(), *(v for g in run.grid.values() for v in g)]
  return tuple(dict.fromkeys(s for s in map(source, values) if s))


def needs(run: Run) -> tuple[str, ...]:
  """Returns the names of the runs that must be finished before `run`."""
  return tuple(dict.fromkeys((*(s for s, _ in sources(run)), *run.after)))


def order(study: Study) -> tuple[Run, ...]:
  """Sorts the runs of a study, each after those that it needs.

  Raises:
    ValueError: runs need one another in a circle.
  """
  sorter = graphlib.TopologicalSorter(
    {run.name: needs(run) for run in study.runs}
  )
  try:
    rank = {name: i for i, name in enumerate(sorter.static_order())}
  except graphlib.CycleError as error:
    circle = ' <- '.join(error.args[1])
    raise ValueError(
      f'study.runs: these need one another in a circle: {circle}'
    ) from None
  return tuple(sorted(study.runs, key=lambda run: rank[run.name]))


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
