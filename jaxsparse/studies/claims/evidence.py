"""The estimates that a verdict on a claim rests on, with their intervals."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from jaxsparse.results import metrics
from jaxsparse.results.names import value_name
from jaxsparse.results.rows import Point, Row
from jaxsparse.studies.claims import claims, intervals
from jaxsparse.studies.claims.intervals import Interval
from jaxsparse.studies.kinds import (
  Bound,
  Claim,
  Ordering,
  Ratio,
  Trend,
)
from jaxsparse.studies.results import Results

LEVEL = 0.95
TOO_FEW = 'an interval needs two seeds of each'
NOT_POSITIVE = 'a ratio is of numbers above 0'
AGREE = 'the seeds agree exactly, so their spread says nothing'
# Weights below this fraction of the largest are 0 but for rounding.
_NEGLIGIBLE = 1e-9


class Sample(NamedTuple):
  """The numbers of a row.

  Attributes:
    values: in displayed units, one a seed that has one; of a pooled analysis
      the contribution of each seed, or the single number.
    asked: how many values a complete row has.
    pooled: whether it is one number of all seeds together.
  """

  values: tuple[float, ...]
  asked: int
  pooled: bool = False


class Estimate(NamedTuple):
  """A number that a verdict rests on.

  Attributes:
    name: of the number in words ('RigL − static').
    interval: in the metric's displayed unit; of a slope, for a change of 1 in
      the field. `None` where the seeds do not allow one.
    why: the reason that there is no interval, or ''.
  """

  name: str
  interval: Interval | None
  why: str = ''


Samples = Mapping[Row, Sample]


def samples(results: Results, metric: str) -> dict[Row, Sample]:
  """Returns the sample of each row of a study."""
  by_row = {}
  for row in results.study.rows():
    members = results.of(row)
    pooled = metrics.pooled(results.pooled, row, metric)
    if pooled and not pooled.parts:
      by_row[row] = Sample((pooled.value,), 1, pooled=True)
      continue
    if pooled:
      by_row[row] = Sample(pooled.parts, len(members))
      continue
    values = tuple(metrics.values(members, metric))
    by_row[row] = Sample(values, len(members))
  return by_row


def estimates(
  claim: Claim, point: Point, samples: Samples, label: Callable[[str], str]
) -> list[Estimate]:
  """Returns the estimates that a claim is judged by at a point.

  Args:
    claim: one that `claims.check` let pass.
    point: one of `claims.points`.
    samples: of every row, of the claim's metric.
    label: the label of a run by its name.

  Returns:
    One estimate; of an ordering one for each pair of neighbours; of a trend the
    slope, then one for each pair of neighbours along the field if it has three
    values or more.
  """
  if isinstance(claim, Trend):
    return _trend(claim, point, samples, label)
  exact = metrics.metric(claim.metric).exact
  names = claims.runs(claim)
  values = [
    samples[row].values
    for name in names
    for row in claims.rows_at(samples, name, point)
  ]
  if isinstance(claim, Bound):
    return [_estimate(label(claim.run), values, (1.0,), LEVEL, exact)]
  if isinstance(claim, Ratio):
    name = f'{claims.quotient(names, label)}, geometric means'
    return [_ratio(name, values, exact)]
  pairs = [(0, 1)]
  if isinstance(claim, Ordering):
    pairs = [(i + 1, i) for i in range(len(names) - 1)]
  return [
    _estimate(
      claims.subject((names[one], names[other]), label),
      (values[one], values[other]),
      (1.0, -1.0),
      _each(len(pairs)),
      exact,
    )
    for one, other in pairs
  ]


def reverses(claim: Trend, step: Estimate) -> bool:
  """Returns whether a step's whole interval is against the trend."""
  if step.interval is None:
    return False
  _, low, high = step.interval
  return high < 0 if claim.direction == 'rises' else low > 0


def _each(number: int) -> float:
  """Returns the level of each of `number` intervals with `LEVEL` jointly."""
  return 1 - (1 - LEVEL) / number


def _estimate(
  name: str,
  values: Sequence[Sequence[float]],
  weights: Sequence[float],
  level: float,
  exact: bool,
) -> Estimate:
  """Estimates a contrast, with an interval if its seeds allow one."""
  least = _NEGLIGIBLE * max(map(abs, weights))
  counted = [v for v, w in zip(values, weights, strict=True) if abs(w) > least]
  if why := _unfit(values, counted, exact):
    return Estimate(name, None, why)
  return Estimate(name, intervals.contrast(values, weights, level))


def _ratio(
  name: str, values: Sequence[Sequence[float]], exact: bool
) -> Estimate:
  if why := _unfit(values, values, exact):
    return Estimate(name, None, why)
  one, other = values
  if min(*one, *other) <= 0:
    return Estimate(name, None, NOT_POSITIVE)
  return Estimate(name, intervals.ratio(one, other, LEVEL))


def _unfit(
  values: Sequence[Sequence[float]],
  counted: Sequence[Sequence[float]],
  exact: bool,
) -> str:
  """Returns why samples allow no interval, or ''."""
  if any(len(v) < 2 for v in values):
    return TOO_FEW
  if not exact and all(len(set(v)) == 1 for v in counted):
    return AGREE
  return ''


class _Part(NamedTuple):
  """A row's term in a trend: `sign` is -1 for rows of `minus`."""

  place: float
  values: Sequence[float]
  sign: float


def _trend(
  claim: Trend, point: Point, samples: Samples, label: Callable[[str], str]
) -> list[Estimate]:
  exact = metrics.metric(claim.metric).exact
  parts = _parts(claim, point, samples)

  def contrast(name: str, at: Mapping[float, float], level: float) -> Estimate:
    """Estimates a weighted sum of means; `at` is field value -> weight."""
    terms = [part for part in parts if part.place in at]
    weights = [part.sign * at[part.place] for part in terms]
    values = [part.values for part in terms]
    return _estimate(name, values, weights, level, exact)

  x = sorted({part.place for part in parts})
  slope = dict(zip(x, intervals.slope_weights(x), strict=True))
  subject = claims.subject(claims.runs(claim), label)
  # With two values of the field the slope is the step.
  steps = list(itertools.pairwise(x)) if len(x) > 2 else []
  level = _each(len(steps) or 1)
  return [
    contrast(f'Slope of {subject}', slope, LEVEL),
    *(contrast(_step(claim, *s), {s[0]: -1, s[1]: 1}, level) for s in steps),
  ]


def _parts(claim: Trend, point: Point, samples: Samples) -> list[_Part]:
  """Returns the terms of a trend, one for each row that has its field.

  Runs without the field have none: subtracting a constant from all means
  changes neither the slope nor the steps.
  """
  return [
    _Part(place, samples[row].values, 1.0 if name == claim.run else -1.0)
    for name in claims.runs(claim)
    for row in claims.rows_at(samples, name, point)
    if (place := dict(row.point).get(claim.along)) is not None
  ]


def _step(claim: Trend, one: float, other: float) -> str:
  """Names a step along the field: 'from 80 % to 98 %'."""
  ends = (value_name(claim.along, place) for place in (one, other))
  return f'from {" to ".join(ends)}'
