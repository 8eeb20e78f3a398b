"""Confidence intervals from a few seeds, by Student's t.

One kind is enough. A contrast is a weighted sum of means whose variances are
neither pooled nor taken as equal: the mean of one sample, the difference of
two (Welch, 1947), or the slope through several. Its degrees of freedom are
those of Satterthwaite (1946). A ratio is a difference of logarithms.

Means and variances are computed exactly and rounded once, so values that are
all alike have a variance of 0 and an interval that is a point.
"""

import math
import statistics
from collections.abc import Sequence
from operator import ge, gt, le, lt
from typing import Literal, NamedTuple

from jaxsparse.results import metrics
from jaxsparse.results.rows import MemberResult, Pooled, Row

Outcome = Literal['holds', 'fails', 'undecided']

LEVEL = 0.95
# Weights below this fraction of the largest are 0 but for rounding.
_NEGLIGIBLE = 1e-9
_RELATIONS = {'>=': ge, '<=': le, '>': gt, '<': lt}


class Sample(NamedTuple):
  """The numbers of a row.

  Attributes:
    values: in displayed units, one a seed that has one; of a pooled analysis
      the contribution of each seed, or the single number.
    total: how many values a complete row has.
    pooled: whether it is one number of all seeds together.
  """

  values: tuple[float, ...]
  total: int
  pooled: bool = False


# The rows of a claim's runs at a point, in the order of `Claim.names`.
Samples = Sequence[tuple[Row, Sample]]


class Interval(NamedTuple):
  """An estimate and the two ends of its confidence interval."""

  value: float
  low: float
  high: float


class Estimate(NamedTuple):
  """A number that a verdict rests on.

  Attributes:
    name: of the number in words ('RigL − static').
    interval: in the metric's displayed unit; of a slope, for a change of 1 in
      the field. `None` where the seeds do not allow one.
    text: the interval in words, or the reason that there is none.
    outcome: whether the number is as claimed.
  """

  name: str
  interval: Interval | None
  text: str
  outcome: Outcome = 'undecided'


class NoInterval(ValueError):
  """The reason why samples allow no interval."""


def sample(
  members: Sequence[MemberResult], pooled: Pooled | None, metric: str
) -> Sample:
  """Returns the sample of a row; `pooled` is its number in displayed units."""
  if pooled and not pooled.parts:
    return Sample((pooled.value,), 1, pooled=True)
  values = pooled.parts if pooled else metrics.values(members, metric)
  return Sample(tuple(values), len(members))


def contrast(
  samples: Sequence[Sequence[float]],
  weights: Sequence[float],
  level: float = LEVEL,
  *,
  exact: bool = True,
) -> Interval:
  """Returns the interval of `sum(weights[i] * mean(samples[i]))`.

  Args:
    samples: independent of one another, two values or more in each.
    weights: one a sample.
    level: of confidence, in (0, 1).
    exact: whether values that agree are no accident.

  Raises:
    NoInterval: the samples have too few values, or agree.
  """
  if any(len(sample) < 2 for sample in samples):
    raise NoInterval('an interval needs two seeds of each')
  terms = list(zip(weights, samples, strict=True))
  least = _NEGLIGIBLE * max(map(abs, weights))
  if not exact and all(len(set(s)) == 1 for w, s in terms if abs(w) > least):
    raise NoInterval('the seeds agree exactly, so their spread says nothing')
  value = math.fsum(w * statistics.mean(s) for w, s in terms)
  parts = [
    (w**2 * statistics.variance(s) / len(s), len(s) - 1) for w, s in terms
  ]
  variance = math.fsum(part for part, _ in parts)
  if variance == 0:
    return Interval(value, value, value)
  from scipy import special

  freedom = 1 / math.fsum((part / variance) ** 2 / df for part, df in parts)
  quantile = float(special.stdtrit(freedom, (1 + level) / 2))
  half = quantile * math.sqrt(variance)
  return Interval(value, value - half, value + half)


def slope_weights(x: Sequence[float]) -> list[float]:
  """Returns weights with which means at `x` sum to the least-squares slope."""
  mean = statistics.mean(x)
  spread = math.fsum((a - mean) ** 2 for a in x)
  return [(a - mean) / spread for a in x]


def outcome(interval: Interval, relation: str, value: float) -> Outcome:
  """Returns whether an interval as a whole is '>=', '<=', '>' or '<' `value`.

  It holds where all of the interval is, and fails where none of it is.
  """
  compare = _RELATIONS[relation]
  ends = {compare(end, value) for end in interval[1:]}
  return 'undecided' if len(ends) > 1 else 'holds' if True in ends else 'fails'
