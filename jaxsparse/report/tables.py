"""Tables of a study as DataFrames: of cells, of their texts, of all numbers."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pandas as pd

from jaxsparse.claims import verdicts
from jaxsparse.core.tables import aligned
from jaxsparse.report.cells import NOTHING, Cell, cell, lost
from jaxsparse.results import metrics
from jaxsparse.results.names import capital, field_name, value_name
from jaxsparse.results.rows import Row
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Study

_WIDEST = 100
_TIMES = ('steps', 'wall_seconds', 'steps_per_second')


def cells(results: Results) -> pd.DataFrame:
  """Returns the table of a study.

  Returns:
    A DataFrame of `Cell`, NaN where there is no row. Its index has the levels
    `run` (the label) and the fields of the grid that are not across, as text;
    its columns the group of columns (see `Study.across`; '' for none) and the
    metric.
  """
  study = results.study
  order: dict[Any, int] = {}
  left: dict[int, tuple[str, ...]] = {}
  groups: dict[str, tuple[bool, bool, float]] = {}
  fields = [field for field in grid_fields(study) if field != study.across]
  records = []
  for row in study.rows():
    point = dict(row.point)
    group, groups[group] = _group(study, point)
    point.pop(study.across, None)
    key = row.run, tuple(point.items())
    line = order.setdefault(key, len(order))
    values = (
      value_name(f, point[f]) if f in point else NOTHING for f in fields
    )
    left.setdefault(line, (study.run(row.run).display_name, *values))
    for name in study.metrics:
      records.append((line, group, name, cell(results, row, name)))
  table = pd.DataFrame(records, columns=['line', 'group', 'metric', 'cell'])
  table = table.pivot(index='line', columns=['group', 'metric'], values='cell')
  table.index = pd.MultiIndex.from_tuples(
    list(left.values()), names=['run', *fields]
  )
  # Runs without the field come first, then its values in order.
  ordered = sorted(groups, key=lambda group: groups[group])
  return table[[(group, name) for group in ordered for name in study.metrics]]


def _group(
  study: Study, point: dict[str, Any]
) -> tuple[str, tuple[bool, bool, float]]:
  """Returns a row's group of columns, with a key to sort it by.

  'sparsity 98 %', 'no sparsity', or '' where nothing is across. Numbers
  ascend; other values stay in their order.
  """
  if not study.across:
    return '', (False, False, 0.0)
  name = field_name(study.across)
  if study.across not in point:
    return f'no {name}', (False, False, 0.0)
  value = point[study.across]
  number = isinstance(value, int | float)
  order = (True, not number, float(value) if number else 0.0)
  return f'{name} {value_name(study.across, value)}', order


def texts(table: pd.DataFrame, *, why: bool) -> pd.DataFrame:
  """Returns the texts of `cells`, with columns (group, metric, kind).

  A metric has columns for the paper's numbers and for the differences only
  where the paper printed any.

  Args:
    table: from `cells`.
    why: whether the cells include the reasons why seeds failed.
  """
  columns: dict[Any, list[str]] = {}
  for key in table.columns:
    column = table[key]
    printed = any(c.paper is not None for c in column.dropna())
    for kind in ('ours', 'paper', 'difference')[: 3 if printed else 1]:
      columns[*key, kind] = [
        c.text(kind, why=why) if isinstance(c, Cell) else '' for c in column
      ]
  return pd.DataFrame(columns, table.index)


def lines(study: Study, table: pd.DataFrame, *, why: bool) -> list[list[str]]:
  """Returns the texts of a heading line, then those of each line.

  Args:
    study: whose table it is.
    table: from `cells`.
    why: as for `texts`.
  """
  shown = texts(table, why=why)
  headings = [_heading(study, *column) for column in shown.columns]
  rows = zip(shown.index, shown.to_numpy().tolist(), strict=True)
  heading = [*(field_name(str(f)) for f in shown.index.names), *headings]
  return [heading, *([*key, *row] for key, row in rows)]


def _heading(study: Study, group: str, name: str, kind: str) -> str:
  """Returns a column's heading in one line; the legend names a sole metric."""
  parts = [group] if group else []
  if kind != 'ours':
    parts.append(kind)
  elif len(study.metrics) > 1 or not parts:
    parts.append(metrics.metric(name).heading)
  return ', '.join(parts)


def legend(results: Results, table: pd.DataFrame) -> str:
  """Returns the legend: the metrics, and what a cell of `table` contains."""
  headings = [metrics.metric(n).heading for n in results.study.metrics]
  text = (
    f'{capital(", ".join(headings))}: mean ± sample standard'
    ' deviation over the seeds, whose number is in brackets.'
  )
  every = [c for _, column in table.items() for c in column.dropna()]
  if units := {c.metric.difference_unit for c in every if c.paper is not None}:
    unit = f', in {units.pop()}' if len(units) == 1 and any(units) else ''
    text += f' Differences are ours less the paper’s number{unit}.'
  if any(c.pooled for c in every):
    text += (
      ' Where the bracket says pooled, it is one number of so many seeds'
      ' together, with a deviation of its own.'
    )
  return text


def text(results: Results) -> str:
  """Formats the table and the verdicts for a terminal.

  A table too wide for a terminal has a line a row, whatever is across.
  """
  aligned = _aligned(results)
  if max(map(len, aligned.splitlines())) > _WIDEST:
    study = dataclasses.replace(results.study, across='')
    aligned = _aligned(results._replace(study=study))
  parts = [aligned]
  if reasons := failures(results):
    parts += ['', *(': '.join(reason) for reason in reasons)]
  for claim, of_claim in results.verdicts:
    parts += ['', claim, *(f'  {v.outcome:<9}  {v.text}' for v in of_claim)]
  if results.verdicts:
    parts += ['', verdicts.ALONE]
  return '\n'.join(parts)


def _aligned(results: Results) -> str:
  table = cells(results)
  return aligned(lines(results.study, table, why=False))


def failures(results: Results) -> list[tuple[str, str]]:
  """Returns the name of each row without some results, and why."""
  study = results.study
  return [
    (study.row_name(row), why)
    for row in study.rows()
    if (why := lost(results.of(row)))
  ]


def grid_fields(study: Study) -> list[str]:
  """Returns the grid fields of all runs, each once."""
  return list(dict.fromkeys(f for run in study.runs for f in run.grid))


def numbers(results: Results) -> pd.DataFrame:
  """Returns the content of `table.csv`: one line a row, metric and seed.

  Columns: `run`, `label`, one for each grid field (empty where a run lacks
  it), `seed`, `metric`, `unit`, `value` (in that unit, all digits; empty
  where there is none), `paper` (the paper's number for the row, in the same
  unit), `error`, `member` (the name of its workdir). The number in a row's
  cell is the mean of `value` over its lines. A number of all seeds of a row
  together has one line, with 'pooled' for its seed.
  """
  study, lines = results.study, []
  for row in study.rows():
    pools = {
      name: pool
      for name in study.metrics
      if (pool := metrics.pooled(results.pooled, row, name))
    }
    numbers: list[tuple[Any, ...]] = [
      (m.seed, name, metrics.value(m, name), m.error, m.root and m.root.name)
      for m in results.of(row)
      for name in study.metrics
      if name not in pools
    ]
    numbers += [
      ('pooled', name, pool.value, '', '') for name, pool in pools.items()
    ]
    for seed, name, value, error, member in numbers:
      paper = study.run(row.run).paper_value(row, name)
      unit = metrics.metric(name).unit
      line = [seed, name, unit, value, paper, error, member]
      lines.append([*_start(study, row), *line])
  columns = ('seed', 'metric', 'unit', 'value', 'paper', 'error', 'member')
  return _table(study, columns, lines)


def times(results: Results) -> pd.DataFrame:
  """Returns the content of `times.csv`: one line a finished member."""
  lines = [
    [*_start(results.study, member.row), member.seed]
    + [member.summary.get(name) for name in _TIMES]
    for member in results.members
    if member.summary is not None
  ]
  return _table(results.study, ('seed', *_TIMES), lines)


def _start(study: Study, row: Row) -> list[Any]:
  """Returns what identifies the row of a line."""
  run, point = study.run(row.run), dict(row.point)
  return [run.name, run.display_name, *map(point.get, grid_fields(study))]


def _table(
  study: Study, columns: Sequence[str], lines: Sequence[Sequence[Any]]
) -> pd.DataFrame:
  names = ['run', 'label', *grid_fields(study), *columns]
  # Integers stay integers beside lines without a number.
  return pd.DataFrame(lines, columns=names, dtype=object)
