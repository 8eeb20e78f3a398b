"""Whether a mask and its first weights are a winning ticket.

The five conditions of Ma et al. 2021, "Sanity Checks for Lottery Tickets: Does
Your Winning Ticket Really Win the Jackpot?" (arXiv 2107.00166), decided on the
means over seeds, each beside the 95 % interval of its margin.

1. The sparsity is not trivial, and training is long enough.
2. The ticket is better than a small dense net of as many parameters.
3. The ticket at its best learning rate is better than the same mask with other
   first weights at any.
4. At some learning rate the ticket is similar to the dense net at the same.
5. The ticket is similar to the dense net at its best learning rate.

All five are a jackpot, the first four a secondary prize. Of tickets rewound to
a later step, or cut in one shot, the arms are those of that kind.

>>> arms = Arms(
...   dense={0.01: [90.3], 0.1: [92.4]},
...   ticket={0.01: [90.0], 0.1: [87.3]},
...   reinit={0.01: [87.0], 0.1: [87.2]},
...   small_dense={0.01: [85.0]},
... )
>>> found = judge(arms, sparsity=0.914, epochs=160, limits=LIMITS['cifar10'])
>>> found.result, [(c.number, c.margin) for c in found.failed]
('secondary prize', [(5, -1.9)])

**Deviations** from the paper: it gives no size for 2, which is that of 3 here;
nor how long training must be, for which `LIMITS` have its own lengths. An
accuracy that is not usable, as a run failed or did not train, is flagged and
left out: the verdict is on the rest, and undecided if an arm has none.
Intervals do not account for the choice of the best learning rate.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from jaxsparse.tickets import conditions as conditions_lib
from jaxsparse.tickets.conditions import ArmAccuracy, Condition

# Learning rate -> test accuracies of its seeds in %; `None` of a failed run.
Accuracies = Mapping[float, Sequence[float | None]]
Prize = Literal['jackpot', 'secondary prize', 'none', 'undecided']


class Arms(NamedTuple):
  """Accuracies by learning rate of the nets that are compared.

  Attributes:
    dense: the dense net.
    ticket: the mask with the first weights of the net that it was cut from.
    reinit: the mask with other first weights.
    small_dense: a narrower dense net of as many parameters.
  """

  dense: Accuracies
  ticket: Accuracies
  reinit: Accuracies
  small_dense: Accuracies


class Limits(NamedTuple):
  """Limits of the conditions; accuracies and differences in points.

  Attributes:
    similar: the most that the ticket is below a net that it is similar to.
    gap: a better net is better by more than this.
    sparsity: the least that is not trivial, in [0, 1].
    epochs: the shortest training that is sufficient.
    accuracy: an arm is flagged where a run is below.
  """

  similar: float = 0.5
  gap: float = 0.5
  sparsity: float = 0.6
  epochs: float = 0.0
  accuracy: float = 20.0


_LIMITS = Limits()
# Those of the paper, by data set.
LIMITS: Mapping[str, Limits] = {
  'cifar10': Limits(epochs=160),
  'cifar100': Limits(similar=1.0, epochs=160),
  'tiny_imagenet': Limits(similar=1.0, epochs=160),
  'imagenet2012': Limits(similar=1.5, epochs=90),
}


class TicketVerdict(NamedTuple):
  """The verdict on a ticket.

  Attributes:
    result: 'jackpot', 'secondary prize' or 'none'; 'undecided' where accuracies
      are missing that could make it one of the first two.
    conditions: all five, in order.
    flags: accuracies that are not usable, with the reason.
  """

  result: Prize
  conditions: tuple[Condition, ...]
  flags: tuple[str, ...]

  @property
  def failed(self) -> tuple[Condition, ...]:
    """The conditions that fail."""
    return tuple(c for c in self.conditions if c.holds is False)


def judge(
  arms: Arms, *, sparsity: float, epochs: float, limits: Limits = _LIMITS
) -> TicketVerdict:
  """Judges a ticket by the five conditions.

  Args:
    arms: accuracies by learning rate and seed, in %.
    sparsity: of the mask, in [0, 1].
    epochs: of training the dense net.
    limits: those of the data set.

  Raises:
    ValueError: a sparsity or an accuracy is out of range.
  """
  if not 0 <= sparsity < 1:
    raise ValueError(f'sparsity is {sparsity}; accepted is in [0, 1)')
  usable, flags = {}, []
  for arm, accuracies in arms._asdict().items():
    usable[arm], of_arm = _usable(arm, accuracies, limits.accuracy)
    flags += of_arm
  dense, ticket, other, small = map(conditions_lib.best, usable.values())
  alike = conditions_lib.nearest(usable['ticket'], usable['dense'])
  conditions = (
    conditions_lib.scale(sparsity, epochs, limits.sparsity, limits.epochs),
    conditions_lib.better(2, ticket, small, limits.gap),
    conditions_lib.better(3, ticket, other, limits.gap),
    conditions_lib.similar(4, *alike, limits.similar),
    conditions_lib.similar(5, ticket, dense, limits.similar),
  )
  return TicketVerdict(_result(conditions), conditions, tuple(flags))


def _result(conditions: Sequence[Condition]) -> Prize:
  needed = [condition.holds for condition in conditions[:4]]
  if False in needed:
    return 'none'
  if None in needed:
    return 'undecided'
  return 'jackpot' if conditions[4].holds else 'secondary prize'


def _usable(
  arm: str, accuracies: Accuracies, least: float
) -> tuple[list[ArmAccuracy], list[str]]:
  """Returns the usable accuracies of an arm, and the others as flags."""
  cells, flags = [], []
  for rate, values in sorted(accuracies.items()):
    finite = [v for v in values if v is not None and math.isfinite(v)]
    if any(not 0 <= v <= 100 for v in finite):
      raise ValueError(
        f'accuracies of {arm} at {rate:g} are {list(values)}; accepted are'
        ' percentages'
      )
    where = f'{arm} at {rate:g}'
    if len(finite) < len(values) or not finite:
      flags.append(f'{where}: {len(finite)} of {len(values)} runs succeeded')
    elif min(finite) < least:
      flags.append(f'{where}: a run has {min(finite):.4g} %, below {least:g} %')
    else:
      cells.append(ArmAccuracy(arm, rate, tuple(finite)))
  return cells, flags
