"""Single conditions of a verdict on a ticket: see `tickets.verdict`."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from jaxsparse.claims import estimates
from jaxsparse.claims.estimates import Interval, Outcome

# Differences are rounded to so many digits: 90.3 - 89.8 is 0.5.
_DIGITS = 9
_TEXTS = {
  1: 'sparsity and length of training',
  2: 'better than the small dense net',
  3: 'better than with other first weights, at any learning rate',
  4: 'similar to the dense net at the same learning rate',
  5: 'similar to the dense net at its best learning rate',
}


class ArmAccuracy(NamedTuple):
  """The accuracies of an arm at a learning rate."""

  arm: str
  learning_rate: float
  values: tuple[float, ...]

  @property
  def mean(self) -> float:
    """The mean over seeds."""
    return statistics.fmean(self.values)


class Condition(NamedTuple):
  """One of the five conditions.

  Attributes:
    number: 1 to 5.
    text: the condition in words.
    holds: whether the means satisfy it; `None` without usable accuracies.
    margin: by how much it holds, or fails where it is negative or, of a gap, 0;
      NaN if undecided.
    unit: of the margin.
    interval: of the margin over seeds; `None` where they do not allow one.
    certain: whether all of the interval satisfies it, or none, or some.
    cells: the accuracies that are compared, the ticket's first.
  """

  number: int
  text: str
  holds: bool | None = None
  margin: float = math.nan
  unit: str = 'points'
  interval: Interval | None = None
  certain: Outcome = 'undecided'
  cells: tuple[ArmAccuracy, ...] = ()


def best(cells: Sequence[ArmAccuracy]) -> ArmAccuracy | None:
  """Returns the highest mean accuracy, `None` without any."""
  return max(cells, key=lambda cell: cell.mean, default=None)


def nearest(
  ticket: Sequence[ArmAccuracy], dense: Sequence[ArmAccuracy]
) -> tuple[ArmAccuracy | None, ArmAccuracy | None]:
  """Returns both at the learning rate where the ticket compares best."""
  pairs = [
    (one, other)
    for one in ticket
    for other in dense
    if one.learning_rate == other.learning_rate
  ]
  return max(pairs, key=_difference, default=(None, None))


def _difference(pair: tuple[ArmAccuracy, ArmAccuracy]) -> float:
  return round(pair[0].mean - pair[1].mean, _DIGITS)


def scale(
  sparsity: float, epochs: float, least_sparsity: float, least_epochs: float
) -> Condition:
  """Judges the first condition, by the part of it that fails."""
  if epochs < least_epochs:
    margin, unit = epochs - least_epochs, 'epochs'
  else:
    margin, unit = 100 * (sparsity - least_sparsity), 'points'
  margin = round(margin, _DIGITS)
  certain: Outcome = 'holds' if margin >= 0 else 'fails'
  return Condition(1, _TEXTS[1], margin >= 0, margin, unit, certain=certain)


def better(
  number: int, ticket: ArmAccuracy | None, other: ArmAccuracy | None, gap: float
) -> Condition:
  """Judges whether the ticket is better than another net by more than a gap."""
  return _compared(number, ticket, other, '>', gap)


def similar(
  number: int,
  ticket: ArmAccuracy | None,
  other: ArmAccuracy | None,
  most: float,
) -> Condition:
  """Judges whether the ticket is at most so many points below another net."""
  return _compared(number, ticket, other, '>=', -most)


def _compared(
  number: int,
  ticket: ArmAccuracy | None,
  other: ArmAccuracy | None,
  relation: str,
  limit: float,
) -> Condition:
  """Judges whether the ticket less another net has a relation to a limit."""
  undecided = Condition(number, _TEXTS[number])
  if ticket is None or other is None:
    return undecided
  cells = ticket, other
  margin = round(_difference(cells) - limit, _DIGITS)
  holds = margin > 0 if relation == '>' else margin >= 0
  judged = undecided._replace(holds=holds, margin=margin, cells=cells)
  try:
    samples = [cell.values for cell in cells]
    ends = estimates.contrast(samples, (1, -1), exact=False)
  except estimates.NoInterval:
    return judged
  interval = Interval(*(round(end - limit, _DIGITS) for end in ends))
  certain = estimates.outcome(interval, relation, 0)
  return judged._replace(interval=interval, certain=certain)
