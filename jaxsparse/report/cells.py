"""The table of a study: rows, columns, and cells of mean ± std (n).

It alone decides which number is in which cell; the text table and the page
lay it out.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from jaxsparse.results import metrics
from jaxsparse.results.metrics import Metric
from jaxsparse.results.names import signed
from jaxsparse.results.rows import MemberResult, Point, Row
from jaxsparse.runs.summary import mean_and_deviation, mean_and_std
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Study

NOTHING = '\N{EN DASH}'
_BRIEF = 72
_LOST = ('failed', 'refused', 'blocked')


class Column(NamedTuple):
  """A column of numbers.

  Attributes:
    metric: of the numbers.
    across: the value of the study's `across` field that it belongs to; `()`
      for the runs that lack the field, `None` where the study has no `across`.
    kind: 'ours', 'paper' or 'difference'.
  """

  metric: Metric
  across: tuple[Any, ...] | None
  kind: str


class Cell(NamedTuple):
  """Our number for a row, and the paper's.

  Attributes:
    metric: of the numbers.
    mean: over the seeds that have a number; `None` where none has.
    std: their sample standard deviation; `None` of fewer than two.
    n: how many have one.
    asked: how many seeds the row has.
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
  asked: int
  paper: float | None
  lost: str
  pooled: bool = False
  low: float | None = None

  @property
  def lost_word(self) -> str:
    """First of 'failed', 'refused' and 'blocked' that is in `lost`, or ''."""
    return next((w for w in _LOST if w in self.lost), '')

  @property
  def ours(self) -> str:
    """Text of our number: mean ± std (n), as '96.79 ± 0.58 (5)'.

    '(3 of 5)' where seeds are missing; '98.58 (5 pooled)' where it is one
    number of all seeds.
    """
    if self.mean is None:
      return self.lost_word or NOTHING
    text = signed(mean_and_std(self.mean, self.std, self.metric.text))
    n = str(self.n) if self.n == self.asked else f'{self.n} of {self.asked}'
    return f'{text} ({n} pooled)' if self.pooled else f'{text} ({n})'

  @property
  def papers(self) -> str:
    """Text of the paper's number, or a dash."""
    if self.paper is None:
      return NOTHING
    return signed(self.metric.text(self.paper))

  @property
  def difference(self) -> str:
    """Text of our number less the paper's, with its sign, or a dash."""
    if self.paper is None or self.mean is None:
      return NOTHING
    less = self.mean - self.paper
    text = self.metric.text(abs(less))
    if not text.strip('0.,'):
      return text
    return ('+' if less > 0 else signed('-')) + signed(text)

  def shown(self, kind: str) -> str:
    """Returns the text for a column of that kind."""
    return {
      'ours': self.ours,
      'paper': self.papers,
      'difference': self.difference,
    }[kind]


class Line(NamedTuple):
  """A line of the table.

  Attributes:
    run: the label of the run.
    point: the values of its grid fields that are not across.
    cells: `(metric, value across)` -> cell, where there is a row.
  """

  run: str
  point: Point
  cells: dict[tuple[str, tuple[Any, ...] | None], Cell]


class Table(NamedTuple):
  """A table, before it is laid out.

  Attributes:
    fields: grid fields that have a column at the left.
    columns: of numbers.
    lines: from top to bottom.
  """

  fields: tuple[str, ...]
  columns: tuple[Column, ...]
  lines: tuple[Line, ...]


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


def table(results: Results) -> Table:
  """Returns the table of a study."""
  study = results.study
  lines: dict[tuple[str, Point], Line] = {}
  for row in study.rows():
    point = tuple(p for p in row.point if p[0] != study.across)
    line = lines.setdefault(
      (row.run, point), Line(study.run(row.run).shown, point, {})
    )
    for name in study.metrics:
      line.cells[name, _across(study, row)] = cell(results, row, name)
  fields = dict.fromkeys(f for _, point in lines for f, _ in point)
  in_order = tuple(lines.values())
  return Table(tuple(fields), _columns(study, in_order), in_order)


def _across(study: Study, row: Row) -> tuple[Any, ...] | None:
  if not study.across:
    return None
  return tuple(v for field, v in row.point if field == study.across)


def _columns(study: Study, lines: Sequence[Line]) -> tuple[Column, ...]:
  """Returns the columns of numbers, from left to right.

  A metric has columns for the paper's numbers and for the differences only
  where the paper printed any.
  """
  groups = {_across(study, row): None for row in study.rows()}
  # Runs without the field come first, then its values in order.
  columns = []
  for across in sorted(groups, key=lambda a: (bool(a), _order(a))):
    for name in study.metrics:
      cells = [c for n in lines if (c := n.cells.get((name, across)))]
      printed = any(c.paper is not None for c in cells)
      kinds = ('ours', 'paper', 'difference') if printed else ('ours',)
      columns += [Column(metrics.metric(name), across, k) for k in kinds]
  return tuple(columns)


def _order(across: tuple[Any, ...] | None) -> tuple[bool, float]:
  """Returns a sort key: numbers ascend, other values stay in their order."""
  value = across[0] if across else 0
  number = isinstance(value, int | float)
  return (not number, float(value) if number else 0.0)
