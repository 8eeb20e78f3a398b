"""A verdict on a ticket as text, and as a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jaxsparse.core import tables
from jaxsparse.results.names import signed
from jaxsparse.results.statistics import mean_and_deviation, mean_and_std
from jaxsparse.tickets.conditions import ArmAccuracy, Condition
from jaxsparse.tickets.verdict import TicketVerdict

if TYPE_CHECKING:
  import pandas as pd

_OUTCOMES = {True: 'holds', False: 'fails', None: 'undecided'}


def text(verdict: TicketVerdict) -> str:
  """Formats a verdict: the result, its conditions, and what was left out.

  A line a condition: whether it holds, by how much, the 95 % interval over
  seeds, and the accuracies that were compared.
  """
  heading = ('condition', 'outcome', 'margin', '95 % interval', 'accuracies')
  rows = [heading, *map(_row, verdict.conditions)]
  left_out = [f'left out: {flag}' for flag in verdict.flags]
  return '\n'.join([_result(verdict), tables.aligned(rows), *left_out])


def frame(verdict: TicketVerdict) -> pd.DataFrame:
  """Returns a row a condition: its number, outcome, margin and interval.

  `low` and `high` are the ends of the interval, NaN without one; `ticket` and
  `other` the mean accuracies that are compared, `ticket_rate` and `other_rate`
  their learning rates.
  """
  import pandas as pd

  rows = []
  for condition in verdict.conditions:
    ends = condition.interval[1:] if condition.interval else (math.nan,) * 2
    row = {
      'condition': condition.number,
      'text': condition.text,
      'outcome': _OUTCOMES[condition.holds],
      'margin': condition.margin,
      'unit': condition.unit,
      **dict(zip(('low', 'high'), ends, strict=True)),
      'certain': condition.certain,
    }
    for name, cell in zip(('ticket', 'other'), condition.cells, strict=False):
      row |= {name: cell.mean, f'{name}_rate': cell.learning_rate}
    rows.append(row)
  return pd.DataFrame(rows)


def _result(verdict: TicketVerdict) -> str:
  """Formats the result and the conditions that fail: 'none: 3 fails by ...'."""
  reasons = [
    f'condition {c.number} fails by {-c.margin:.4g} {c.unit}'
    for c in verdict.failed
  ] + [
    f'condition {c.number} is undecided'
    for c in verdict.conditions
    if c.holds is None
  ]
  return verdict.result + (f': {"; ".join(reasons)}' if reasons else '')


def _row(condition: Condition) -> tuple[str, ...]:
  number = signed(f'{condition.margin:+.2f}')
  decided = condition.holds is not None
  interval = ''
  if condition.interval:
    low, high = (signed(f'{end:+.2f}') for end in condition.interval[1:])
    interval = f'[{low}, {high}]'
  return (
    f'{condition.number} {condition.text}',
    _OUTCOMES[condition.holds],
    f'{number} {condition.unit}' if decided else '',
    interval,
    ', '.join(map(_cell, condition.cells)),
  )


def _cell(cell: ArmAccuracy) -> str:
  """Formats the accuracies of an arm: 'ticket 89.40 ± 0.20 at 0.01'."""
  _, std = mean_and_deviation(cell.values)
  arm = cell.arm.replace('_', ' ')
  return f'{arm} {mean_and_std(cell.mean, std)} at {cell.learning_rate:g}'
