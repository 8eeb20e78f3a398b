"""Cells of a study's table: mean ± std (n), beside the paper's number."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from jaxsparse.results import metrics
from jaxsparse.results.metrics import Metric
from jaxsparse.results.names import signed
from jaxsparse.results.rows import MemberResult, Row
from jaxsparse.results.statistics import mean_and_deviation, mean_and_std
from jaxsparse.studies.results import Results

NOTHING = '\N{EN DASH}'
_BRIEF = 72
_LOST = ('failed', 'refused', 'blocked')


class Cell(NamedTuple):
  """Our number for a row, and the paper's.

  Attributes:
    metric: of the numbers.
    mean: over the seeds that have a number; `None` where none has.
    std: their sample standard deviation; `None` of fewer than two.
    n: how many have one.
    seeds: how many the row has.
    paper: the paper's number, if it printed one.
    lost: why the other seeds have none, in brief, or ''.
    pooled: whether it is one number measured on n seeds together; `std` is
      then the spread of that measurement.
    low: the lowest of the seeds' numbers; `None` where there are none.
  """

  metric: Metric
  mean: float | None
  std: float | None
  n: int
  seeds: int
  paper: float | None
  lost: str
  pooled: bool = False
  low: float | None = None

  @property
  def number(self) -> str:
    """Our number without its n: '96.79 ± 0.58', 'failed' or a dash."""
    if self.mean is None:
      return next((word for word in _LOST if word in self.lost), NOTHING)
    return signed(mean_and_std(self.mean, self.std, self.metric.text))

  def text(self, kind: str, *, why: bool = False) -> str:
    """Returns the text for a column.

    Args:
      kind: 'ours', as '96.79 ± 0.58 (5)', '(3 of 5)' where seeds are missing,
        '(5 pooled)' where it is one number of all seeds; 'paper' or
        'difference'.
      why: whether 'ours' says why seeds are missing.
    """
    if kind == 'ours':
      return self._ours(why)
    if self.paper is None or (kind == 'difference' and self.mean is None):
      return NOTHING
    if kind == 'paper':
      return signed(self.metric.text(self.paper))
    less = (self.mean or 0.0) - self.paper
    text = self.metric.text(abs(less))
    if not text.strip('0.,'):
      return text
    return ('+' if less > 0 else signed('-')) + signed(text)

  def _ours(self, why: bool) -> str:
    if self.mean is None:
      return self.lost if why and self.lost else self.number
    n = str(self.n) if self.n == self.seeds else f'{self.n} of {self.seeds}'
    text = f'{self.number} ({n}{" pooled" if self.pooled else ""})'
    return f'{text}; {self.lost}' if why and self.lost else text


def cell(results: Results, row: Row, name: str) -> Cell:
  """Returns the cell of a row for the metric `name`."""
  members = results.of(row)
  pooled = metrics.pooled(results.pooled, row, name)
  values = metrics.values(members, name)
  numbers = (*mean_and_deviation(values), len(values))
  return Cell(
    metrics.metric(name),
    *(pooled[:3] if pooled else numbers),
    len(members),
    results.study.run(row.run).paper_value(row, name),
    lost(members),
    pooled is not None,
    min(values, default=None),
  )


def lost(members: Sequence[MemberResult]) -> str:
  """Returns '2 of 5 failed: loss not finite at step 37', or ''."""
  parts = []
  for word in _LOST:
    if missing := [m for m in members if m.kind == word]:
      reasons = list(Counter(brief(m.error) for m in missing))
      rest = f' (and {len(reasons) - 1} more)' if len(reasons) > 1 else ''
      tally = f'{len(missing)} of {len(members)}'
      parts.append(f'{tally} {word}: {reasons[0]}{rest}')
  return '; '.join(parts)


def brief(error: str) -> str:
  """Returns the first clause of an error, cut to the length of a cell."""
  text = error.split('; ')[0].removeprefix('the ')
  text = text.replace('loss is not', 'loss not')
  return text if len(text) <= _BRIEF else text[: _BRIEF - 1].rstrip() + '…'
