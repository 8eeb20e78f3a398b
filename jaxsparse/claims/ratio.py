"""Ratios of geometric means.

Judged by Welch's interval of a difference of two means of logarithms.
Gradient norms, say, may differ by factors from seed to seed, and the largest of
a few such dominates their mean. Undecided where numbers are not all above 0.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jaxsparse.claims.claim import Label
from jaxsparse.claims.estimates import (
  Estimate,
  Interval,
  NoInterval,
  Samples,
  contrast,
)
from jaxsparse.claims.limits import Limit
from jaxsparse.results.names import signed


@dataclass(frozen=True)
class Ratio(Limit):
  """`run` has at least, or at most, `value` times what `other` has.

  By geometric means, so for numbers above 0.
  """

  run: str
  other: str
  relation: str
  value: float

  @property
  def unit(self) -> str:
    """No unit."""
    return ''

  def subject(self, label: Label) -> str:
    """Returns the runs as a ratio: 'RigL / static'."""
    return ' / '.join(map(label, self.names()))

  def estimates(self, samples: Samples, label: Label) -> list[Estimate]:
    """Returns the estimate of the ratio."""
    (estimate,) = super().estimates(samples, label)
    return [estimate._replace(name=f'{estimate.name}, geometric means')]

  def interval(
    self,
    values: Sequence[Sequence[float]],
    weights: Sequence[float],
    level: float,
  ) -> Interval:
    """Returns the interval of the ratio, or raises `NoInterval`."""
    super().interval(values, weights, level)  # Raises where seeds agree.
    if min(map(min, values)) <= 0:
      raise NoInterval('a ratio is of numbers above 0')
    logs = [[math.log(value) for value in sample] for sample in values]
    return Interval(*map(math.exp, contrast(logs, weights, level)))

  def format(self, number: float) -> str:
    """Formats a ratio to three figures or more: '0.32', '12.3', '1,530'."""
    return signed(f'{number:,.0f}' if abs(number) >= 1000 else f'{number:.3g}')
