"""Ratios of geometric means.

Judged by Welch's interval of a difference of two means of logarithms.
Gradient norms, say, may differ by factors from seed to seed, and the largest of
a few such dominates their mean. Undecided where numbers are not all above 0.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaxsparse.claims.claim import Label, format_interval
from jaxsparse.claims.estimates import (
  Estimate,
  Interval,
  Samples,
  contrast,
  outcome,
)
from jaxsparse.claims.limit import Limit


@dataclass(frozen=True)
class Ratio(Limit):
  """`run` has at least, or at most, `value` times what `other` has.

  By geometric means, so for numbers above 0.
  """

  run: str
  other: str
  relation: str
  value: float

  def named_runs(self) -> Mapping[str, Sequence[str]]:
    return {'run': (self.run,), 'other': (self.other,)}

  @property
  def unit(self) -> str:
    return ''

  def subject(self, label: Label) -> str:
    return ' / '.join(map(label, self.names()))

  def estimates(self, samples: Samples, label: Label) -> list[Estimate]:
    (estimate,) = super().estimates(samples, label)
    estimate = estimate._replace(name=f'{estimate.name}, geometric means')
    if not estimate.interval:
      return [estimate]
    values = [sample.values for _, sample in samples]
    if min(map(min, values)) <= 0:
      why = 'cannot be told, as a ratio is of numbers above 0'
      return [Estimate(estimate.name, None, why)]
    logs = [[math.log(value) for value in sample] for sample in values]
    interval = Interval(*map(math.exp, contrast(logs, (1.0, -1.0))))
    text = format_interval(interval, _figures, self.unit)
    holds = outcome(interval, self.relation, self.value)
    return [Estimate(estimate.name, interval, text, holds)]


def _figures(ratio: float) -> str:
  """Formats a ratio to three figures or more: '0.32', '12.3', '1,530'."""
  return f'{ratio:,.0f}' if abs(ratio) >= 1000 else f'{ratio:.3g}'
