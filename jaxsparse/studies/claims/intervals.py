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
from typing import NamedTuple

from scipy import special


class Interval(NamedTuple):
  """An estimate and the two ends of its confidence interval."""

  value: float
  low: float
  high: float


def contrast(
  samples: Sequence[Sequence[float]], weights: Sequence[float], level: float
) -> Interval:
  """Returns the interval of `sum(weights[i] * mean(samples[i]))`.

  Args:
    samples: independent of one another, two values or more in each.
    weights: one a sample.
    level: of confidence, in (0, 1).

  Raises:
    ValueError: a sample has fewer than two values.
  """
  if any(len(sample) < 2 for sample in samples):
    raise ValueError('each sample needs two values or more')
  value = math.fsum(
    weight * statistics.mean(sample)
    for weight, sample in zip(weights, samples, strict=True)
  )
  parts = [
    (weight**2 * statistics.variance(sample) / len(sample), len(sample) - 1)
    for weight, sample in zip(weights, samples, strict=True)
  ]
  variance = math.fsum(part for part, _ in parts)
  if variance == 0:
    return Interval(value, value, value)
  freedom = 1 / math.fsum((part / variance) ** 2 / df for part, df in parts)
  quantile = float(special.stdtrit(freedom, (1 + level) / 2))
  half = quantile * math.sqrt(variance)
  return Interval(value, value - half, value + half)


def ratio(
  one: Sequence[float], other: Sequence[float], level: float
) -> Interval:
  """Returns the interval of a ratio of geometric means, `one` over `other`.

  It is the exponential of Welch's interval of the difference of mean
  logarithms. For positive numbers that may differ by factors from seed to seed,
  as gradient norms do: the largest of a few such dominates their mean.

  Args:
    one: the numerator's values, two or more.
    other: the denominator's, likewise.
    level: of confidence, in (0, 1).

  Raises:
    ValueError: a sample has fewer than two values, or one that is not
      positive.
  """
  if min(*one, *other) <= 0:
    raise ValueError('a ratio needs values above 0')
  logs = [[math.log(value) for value in sample] for sample in (one, other)]
  return Interval(*map(math.exp, contrast(logs, [1.0, -1.0], level)))


def slope_weights(x: Sequence[float]) -> list[float]:
  """Returns weights with which means at `x` sum to the least-squares slope."""
  mean = statistics.mean(x)
  spread = math.fsum((a - mean) ** 2 for a in x)
  return [(a - mean) / spread for a in x]
