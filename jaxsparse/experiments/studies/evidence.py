"""The estimates that a verdict on a claim rests on, with their intervals."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from jaxsparse.experiments.studies import claims, intervals, metrics
from jaxsparse.experiments.studies.intervals import Interval
from jaxsparse.experiments.studies.results import Results
from jaxsparse.experiments.studies.spec import (
  Bound,
  Claim,
  Ordering,
  Point,
  Row,
  Trend,
)

LEVEL = 0.95


class Sample(NamedTuple):
  """The numbers of a row.

  Attributes:
    values: in shown units, one a seed that has one; the one of a pooled
      analysis.
    asked: how many values there were to be.
    pooled: whether it is one value of all seeds together.
  """

  values: tuple[float, ...]
  asked: int
  pooled: bool = False


class Estimate(NamedTuple):
  """A number that a verdict rests on.

  Attributes:
    name: what of.
    interval: in the metric's unit as shown; of a slope, for a change of 1 in
      the field. `None` where the seeds do not suffice.
  """

  name: str
  interval: Interval | None


Samples = Mapping[Row, Sample]


def samples(results: Results, metric: str) -> dict[Row, Sample]:
  """The numbers of every row of a study."""
  found = {}
  for row in results.study.rows():
    members = results.of(row)
    if pooled := metrics.pooled(results, row, metric):
      found[row] = Sample((pooled.value,), 1, pooled=True)
      continue
    values = tuple(metrics.values(members, metric))
    found[row] = Sample(values, len(members))
  return found


def mean_and_deviation(
  values: Sequence[float],
) -> tuple[float | None, float | None]:
  """Mean and sample standard deviation; `None` of too few values."""
  mean = statistics.mean(values) if values else None
  return mean, statistics.stdev(values) if len(values) > 1 else None


def estimates(
  claim: Claim, point: Point, samples: Samples, label: Callable[[str], str]
) -> list[Estimate]:
  """One, or of an ordering one for each pair of neighbours.

  Args:
    claim: one that `claims.check` let pass.
    point: one of `claims.points`.
    samples: of every row, of the claim's metric.
    label: what a run is called.
  """
  names = claims.runs(claim)
  if isinstance(claim, Trend):
    shown = claims.subject(names, label)
    return [Estimate(f'Slope of {shown}', _trend(claim, point, samples))]
  values = [
    samples[row].values
    for name in names
    for row in claims.rows_at(samples, name, point)
  ]
  if isinstance(claim, Bound):
    return [Estimate(label(claim.run), _contrast(values, (1.0,), LEVEL))]
  pairs = [(0, 1)]
  if isinstance(claim, Ordering):
    pairs = [(i + 1, i) for i in range(len(names) - 1)]
  level = 1 - (1 - LEVEL) / len(pairs)
  return [
    Estimate(
      claims.subject((names[one], names[other]), label),
      _contrast((values[one], values[other]), (1.0, -1.0), level),
    )
    for one, other in pairs
  ]


def _contrast(
  values: Sequence[Sequence[float]], weights: Sequence[float], level: float
) -> Interval | None:
  if any(len(v) < 2 for v in values):
    return None
  return intervals.contrast(values, weights, level)


def _trend(claim: Trend, point: Point, samples: Samples) -> Interval | None:
  rows = claims.rows_at(samples, claim.run, point)
  x = [dict(row.point)[claim.along] for row in rows]
  values = [samples[row].values for row in rows]
  if not claim.minus:
    places = [a for a, v in zip(x, values, strict=True) for _ in v]
    if len(places) < 3 or len(set(places)) < 2:
      return None
    return intervals.slope(places, [b for v in values for b in v], LEVEL)
  weights = intervals.slope_weights(x)
  by_place = dict(zip(x, weights, strict=True))
  for row in claims.rows_at(samples, claim.minus, point):
    # A level run has a weight of 0: what it takes from one end of the slope
    # it takes from the other.
    weights.append(-by_place.get(dict(row.point).get(claim.along), 0.0))
    values.append(samples[row].values)
  return _contrast(values, weights, LEVEL)
