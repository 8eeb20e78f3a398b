"""The table of a study as lines of cells, for a terminal and as CSV."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from jaxsparse.claims import verdicts
from jaxsparse.config.text import capital, lines_of_csv
from jaxsparse.report.cells import (
  NOTHING,
  Column,
  Line,
  Table,
  lost,
  table,
)
from jaxsparse.results import metrics
from jaxsparse.results.names import (
  field_name,
  value_name,
)
from jaxsparse.results.rows import Row
from jaxsparse.runs import summary
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Study

_WIDEST = 100
_LONG = ('seed', 'metric', 'unit', 'value', 'paper', 'error', 'member')


def legend(results: Results) -> str:
  """Returns the legend: the metrics, and what a cell contains."""
  headings = [metrics.metric(name).heading for name in results.study.metrics]
  what = ', '.join(headings)
  text = (
    f'{capital(what)}: mean ± sample standard deviation over the'
    ' seeds, whose number is in brackets.'
  )
  layout = table(results)
  printed = [c.metric for c in layout.columns if c.kind == 'paper']
  if printed:
    units = {m.difference_unit for m in printed}
    unit = f', in {units.pop()}' if len(units) == 1 and any(units) else ''
    text += f' Differences are ours less the paper’s number{unit}.'
  if any(c.pooled for line in layout.lines for c in line.cells.values()):
    text += (
      ' Where the bracket says pooled, it is one number of so many seeds'
      ' together, with a deviation of its own.'
    )
  return text


def heading(column: Column, study: Study) -> str:
  """Returns a column's heading in one line; the legend names a sole metric."""
  parts = []
  if group := group_name(column, study):
    parts.append(group)
  if column.kind != 'ours':
    parts.append(column.kind)
  elif len(study.metrics) > 1 or not parts:
    parts.append(column.metric.heading)
  return ', '.join(parts)


def group_name(column: Column, study: Study) -> str:
  """Returns 'sparsity 98 %', 'no sparsity', or '' where nothing is across."""
  if column.across is None:
    return ''
  field = field_name(study.across)
  if not column.across:
    return f'no {field}'
  return f'{field} {value_name(study.across, column.across[0])}'


def left_cells(made: Table, line: Line) -> list[str]:
  """Returns the run of a line, and its values of the fields at the left."""
  point = dict(line.point)
  return [
    line.run,
    *(value_name(f, point[f]) if f in point else NOTHING for f in made.fields),
  ]


def text(results: Results) -> str:
  """Formats the table and the verdicts for a terminal.

  A table too wide for a terminal has a line a row, whatever is across.
  """
  aligned = summary.aligned(grid(results, why=False))
  if max(map(len, aligned.splitlines())) > _WIDEST:
    study = dataclasses.replace(results.study, across='')
    aligned = summary.aligned(grid(results._replace(study=study), why=False))
  parts = [aligned]
  if failures := _failures(results):
    parts += ['', *failures]
  for claim, of_claim in results.verdicts:
    parts += ['', claim]
    parts += [f'  {v.outcome:<9}  {v.text}' for v in of_claim]
  if results.study.claims:
    parts += ['', verdicts.ALONE]
  return '\n'.join(parts)


def grid(results: Results, *, why: bool) -> list[list[str]]:
  """Returns the cells of a heading line, then those of each line.

  Args:
    results: of the study.
    why: whether the cells include the reasons why seeds failed.
  """
  layout = table(results)
  rows = [
    [
      'run',
      *map(field_name, layout.fields),
      *(heading(column, results.study) for column in layout.columns),
    ]
  ]
  for line in layout.lines:
    cells = [_shown(line, column, why) for column in layout.columns]
    rows.append([*left_cells(layout, line), *cells])
  return rows


def _shown(line: Line, column: Column, why: bool) -> str:
  cell = line.cells.get((column.metric.name, column.across))
  if cell is None:
    return ''
  text = cell.shown(column.kind)
  if why and cell.lost and column.kind == 'ours':
    return cell.lost if cell.mean is None else f'{text}; {cell.lost}'
  return text


def csv(results: Results) -> str:
  """Returns the content of `table.csv`: one line a row, metric and seed.

  Columns: `run`, `label`, one for each grid field (empty where a run lacks
  it), `seed`, `metric`, `unit`, `value` (in that unit, all digits; empty
  where there is none), `paper` (the paper's number for the row, in the same
  unit), `error`, `member` (the name of its workdir). The number in a row's
  cell is the mean of `value` over its lines. A number of all seeds of a row
  together has one line, with 'pooled' for its seed.
  """
  study = results.study
  fields = grid_fields(study)
  return lines_of_csv(
    ['run', 'label', *fields, *_LONG],
    (
      [*row_start(results, row, fields), *line]
      for row in study.rows()
      for line in _long_lines(results, row)
    ),
  )


def grid_fields(study: Study) -> list[str]:
  """Returns the grid fields of all runs, each once."""
  return list(dict.fromkeys(f for run in study.runs for f in run.grid))


def row_start(results: Results, row: Row, fields: Sequence[str]) -> list[Any]:
  """Returns the cells that identify the row of a line of a CSV file."""
  run = results.study.run(row.run)
  point = dict(row.point)
  return [run.name, run.shown, *(point.get(f, '') for f in fields)]


def _long_lines(results: Results, row: Row) -> Iterator[list[Any]]:
  """Yields each member's numbers, then those of all members together."""
  names = results.study.metrics
  pooled = {
    n: p for n in names if (p := metrics.pooled(results.pooled, row, n))
  }
  for member in results.of(row):
    root = member.root.name if member.root else ''
    for name in names:
      if name not in pooled:
        value = metrics.value(member, name)
        number = _long(results, row, name, value)
        yield [member.seed, *number, member.error, root]
  for name, pool in pooled.items():
    yield ['pooled', *_long(results, row, name, pool.value), '', '']


def _long(
  results: Results, row: Row, name: str, value: float | None
) -> list[Any]:
  paper = results.study.run(row.run).paper_value(row, name)
  unit = metrics.metric(name).unit
  return [name, unit, *('' if v is None else v for v in (value, paper))]


def _failures(results: Results) -> list[str]:
  study = results.study
  return [
    f'{study.row_name(row)}: {why}'
    for row in study.rows()
    if (why := lost(results.of(row)))
  ]
