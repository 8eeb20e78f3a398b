"""Confidence intervals from a few seeds, by Student's t.

One kind is enough, and for ratios Fieller's, which rests on it. A contrast is a
weighted sum of means whose variances are neither pooled nor taken as equal: the
mean of one sample, the difference of two (Welch, 1947), or the slope through
several. Its degrees of freedom are those of Satterthwaite (1946).

Means and variances are computed exactly and rounded once, so values that are
all alike have a variance of 0 and an interval that is a point.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

from scipy import special

# Of an interval of angles, to the last bit.
_HALVINGS = 60


class Interval(NamedTuple):
  """An estimate and the two ends of its confidence interval."""

  value: float
  low: float
  high: float


def contrast(
  samples: Sequence[Sequence[float]], weights: Sequence[float], level: float
) -> Interval:
  """The interval of `sum(weights[i] * mean(samples[i]))`.

  Args:
    samples: independent of one another, two values or more in each.
    weights: one a sample.
    level: of confidence, in (0, 1).

  Raises:
    ValueError: a sample has fewer than two values.
  """
  return _contrast([_moments(sample) for sample in samples], weights, level)


def ratio(
  one: Sequence[float], other: Sequence[float], level: float
) -> Interval | None:
  """The interval of `mean(one) / mean(other)`, by Fieller's theorem.

  It holds each ratio r for which the interval of `mean(one) - r mean(other)`
  holds 0 (Fieller 1954); as in `contrast` variances are those of each sample
  and the degrees of freedom Satterthwaite's, at r (Tamhane and Logan 2004). So
  it says of any r what `contrast` says of that difference.

  Args:
    one: the numerator's values, two or more.
    other: the denominator's, likewise.
    level: of confidence, in (0, 1).

  Returns:
    `None` where the denominator's own interval holds 0, so that no ratio is
    too large.

  Raises:
    ValueError: a sample has fewer than two values.
  """
  above, below = _moments(one), _moments(other)
  _, low, high = _contrast([below], [1.0], level)
  if low <= 0 <= high:
    return None
  value = above.mean / below.mean
  if above.variance == below.variance == 0:
    return Interval(value, value, value)

  # Ratios as angles, of which none is infinite: a quarter turn is the
  # denominator alone, whose interval does not hold 0.
  def holds(angle: float) -> bool:
    weights = [math.cos(angle), -math.sin(angle)]
    _, low, high = _contrast([above, below], weights, level)
    return low <= 0 <= high

  ends = (-math.pi / 2, math.pi / 2)
  low, high = (math.tan(_edge(holds, math.atan(value), e)) for e in ends)
  return Interval(value, low, high)


class _Moments(NamedTuple):
  mean: float
  variance: float
  n: int


def _moments(sample: Sequence[float]) -> _Moments:
  if len(sample) < 2:
    raise ValueError('each sample needs two values or more')
  mean, variance = statistics.mean(sample), statistics.variance(sample)
  return _Moments(mean, variance, len(sample))


def _contrast(
  samples: Sequence[_Moments], weights: Sequence[float], level: float
) -> Interval:
  value = math.fsum(
    weight * sample.mean
    for weight, sample in zip(weights, samples, strict=True)
  )
  parts = [
    (weight**2 * sample.variance / sample.n, sample.n - 1)
    for weight, sample in zip(weights, samples, strict=True)
  ]
  variance = math.fsum(part for part, _ in parts)
  if variance == 0:
    return Interval(value, value, value)
  freedom = 1 / math.fsum((part / variance) ** 2 / df for part, df in parts)
  quantile = float(special.stdtrit(freedom, (1 + level) / 2))
  half = quantile * math.sqrt(variance)
  return Interval(value, value - half, value + half)


def _edge(
  holds: Callable[[float], bool], inside: float, outside: float
) -> float:
  """Where `holds`, true at one number and false at the other, changes."""
  for _ in range(_HALVINGS):
    middle = (inside + outside) / 2
    if holds(middle):
      inside = middle
    else:
      outside = middle
  return inside


def slope_weights(x: Sequence[float]) -> list[float]:
  """The weights with which means at `x` sum to their least-squares slope."""
  mean = statistics.mean(x)
  spread = math.fsum((a - mean) ** 2 for a in x)
  return [(a - mean) / spread for a in x]
