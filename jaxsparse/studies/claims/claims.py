"""The points at which a claim is judged, and its text."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from jaxsparse.config.text import capital
from jaxsparse.results import metrics
from jaxsparse.results.names import (
  MINUS,
  field_name,
  point_name,
  signed,
)
from jaxsparse.results.rows import Point, Row
from jaxsparse.studies.kinds import (
  Bound,
  Claim,
  Difference,
  Ordering,
  Ratio,
  Trend,
)
from jaxsparse.studies.spec import Study

_SIGNS = {'>=': '≥', '<=': '≤'}


def runs(claim: Claim) -> tuple[str, ...]:
  """Returns the names of the runs that a claim is about."""
  match claim:
    case Ordering():
      return tuple(claim.runs)
    case Difference() | Ratio():
      return (claim.run, claim.other)
    case Trend():
      return (claim.run, claim.minus) if claim.minus else (claim.run,)
  return (claim.run,)


def points(claim: Claim, rows: Iterable[Row]) -> list[Point]:
  """Returns the points at which a claim is judged, in the order of the rows.

  They are the points that its runs have in common: the combinations of values
  of grid fields at which each run with these fields has a row. A run without a
  field (dense, say) counts at each of the field's values. A trend is judged
  along its field, which is therefore not in its points.
  """
  along = claim.along if isinstance(claim, Trend) else None
  joined: list[dict[str, Any]] = [{}]
  for run in runs(claim):
    grid = [dict(row.point) for row in rows if row.run == run]
    for point in grid:
      point.pop(along or '', None)
    unique = [p for i, p in enumerate(grid) if p not in grid[:i]]
    joined = [a | b for a in joined for b in unique if _agree(a, b)]
  fixed = dict(claim.at)
  return [
    tuple(point.items())
    for point in joined
    if fixed.keys() <= point.keys() and _agree(point, fixed)
  ]


def rows_at(rows: Iterable[Row], run: str, point: Point) -> list[Row]:
  """Returns the rows of a run at a point: several along a trend."""
  fixed = dict(point)
  return [r for r in rows if r.run == run and _agree(dict(r.point), fixed)]


def check(where: str, claim: Claim, study: Study) -> None:
  """Checks, before anything runs, that a claim can be judged.

  Args:
    where: the claim's position in the study, for the error.
    claim: whose runs, relation and direction are valid.
    study: that it is part of.

  Raises:
    ValueError: it applies at no point; or the field of a trend has fewer than
      two values, one that is no number, or other values in `minus`.
  """
  if isinstance(claim, Trend):
    _check_trend(where, claim, study)
  if not points(claim, study.rows()):
    at = f' at {dict(claim.at)}' if claim.at else ''
    raise ValueError(
      f'{where}: the runs {", ".join(runs(claim))} have no point of their grids'
      f' in common{at}; accepted is a claim that applies somewhere'
    )


def _check_trend(where: str, claim: Trend, study: Study) -> None:
  values = study.run(claim.run).grid.get(claim.along, ())
  numeric = all(
    isinstance(v, int | float) and not isinstance(v, bool) for v in values
  )
  if not numeric or len(values) < 2:
    raise ValueError(
      f'{where}.along: got {claim.along!r}, of which {claim.run!r} has the'
      f' values {tuple(values)}; accepted is two numbers or more'
    )
  if claim.minus:
    other = study.run(claim.minus).grid.get(claim.along)
    if other is not None and set(other) != set(values):
      raise ValueError(
        f'{where}.minus: {claim.minus!r} has the values {tuple(other)} of'
        f' {claim.along!r}; accepted are those of {claim.run!r}:'
        f' {tuple(values)}, or no such field'
      )


def words(claim: Claim, label: Callable[[str], str] = str) -> str:
  """Returns the author's text of a claim, or else a generated one."""
  if claim.text:
    return claim.text
  what = metrics.metric(claim.metric)
  at = point_name(tuple(claim.at.items()))
  text = f'{capital(what.label)}: {_said(claim, label)}'
  return f'{text}, at {at}' if at else text


def _said(claim: Claim, label: Callable[[str], str]) -> str:
  what = metrics.metric(claim.metric)
  match claim:
    case Ordering():
      return ' < '.join(label(run) for run in claim.runs)
    case Trend():
      along = field_name(claim.along)
      return f'{subject(runs(claim), label)} {claim.direction} with {along}'
    case Ratio():
      names = quotient(runs(claim), label)
      return f'{names} {_SIGNS[claim.relation]} {claim.value:g}'
  unit = what.unit if isinstance(claim, Bound) else what.difference_unit
  return (
    f'{subject(runs(claim), label)} {_SIGNS[claim.relation]}'
    f' {signed(f"{claim.value:g}")} {unit}'.rstrip()
  )


def quotient(names: Sequence[str], label: Callable[[str], str]) -> str:
  """Joins the names of two runs as a ratio: 'RigL / static'."""
  return ' / '.join(label(name) for name in names)


def subject(names: Sequence[str], label: Callable[[str], str]) -> str:
  """Joins the names of runs as a difference: 'RigL', or 'RigL − static'."""
  return f' {MINUS} '.join(label(name) for name in names)


def _agree(one: dict[str, Any], other: dict[str, Any]) -> bool:
  return all(one[field] == other[field] for field in one.keys() & other.keys())
