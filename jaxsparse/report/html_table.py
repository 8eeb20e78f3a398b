"""The table of a study as HTML.

Where the study has an `across` field, the paper's number is below ours in the
same cell, as a table of many columns would not fit a page; elsewhere it has
separate columns.
"""

import itertools
from collections.abc import Iterable, Sequence

from jaxsparse.report import tables
from jaxsparse.report.cells import (
  Cell,
  Column,
  Line,
  Table,
  table,
)
from jaxsparse.report.markup import (
  Markup,
  element,
  scrolling,
)
from jaxsparse.results.names import field_name
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Study

# The most columns that fit a page in portrait.
_BROAD = 8
_KINDS = {
  'ours': 'mean ± sd (n)',
  'paper': 'paper',
  'difference': 'difference',
}


def study_table(results: Results) -> Markup:
  """Returns the table, in a box that scrolls in a narrow window."""
  layout = _stacked(table(results)) if results.study.across else table(results)
  markup = element(
    'table',
    element('caption', element('strong', 'Table 1. '), tables.legend(results)),
    element('thead', _heads(layout, results.study)),
    [
      element('tbody', [_line(layout, line) for line in lines])
      for _, lines in itertools.groupby(layout.lines, key=lambda line: line.run)
    ],
  )
  several = len(layout.lines) > len({line.run for line in layout.lines})
  look = ['broad'] * (len(layout.columns) > _BROAD) + ['ruled'] * several
  return scrolling(markup, 'Table 1', ' '.join(look))


def _stacked(made: Table) -> Table:
  """Removes the columns of the paper's numbers and of differences."""
  ours = tuple(c for c in made.columns if c.kind == 'ours')
  return made._replace(columns=ours)


def _heads(made: Table, study: Study) -> list[Markup]:
  """Returns up to three heading lines: values across, metrics, and kinds.

  A line that is the same in every column is left to the caption.
  """
  lines = [
    [tables.group_name(column, study) for column in made.columns],
    [column.metric.heading for column in made.columns],
    [_KINDS[column.kind] for column in made.columns],
  ]
  *spans, last = [t for t in lines if len(set(t)) > 1] or lines[-1:]
  labels = ('run', *map(field_name, made.fields))
  heads = [
    *(element('th', text, scope='col', class_='left') for text in labels),
    *(element('th', text, scope='col') for text in last),
  ]
  above = [_spanned(made, texts) for texts in spans]
  return [element('tr', cells) for cells in (*above, heads)]


def _spanned(made: Table, texts: Sequence[str]) -> list[Markup]:
  """Returns headings that span neighbouring columns of equal text."""
  cells = [element('td', class_='left') for _ in (None, *made.fields)]
  for text, group in itertools.groupby(texts):
    width = str(len(list(group)))
    cells.append(
      element('th', element('span', text), scope='colgroup', colspan=width)
    )
  return cells


def _line(made: Table, line: Line) -> Markup:
  run, *values = tables.left_cells(made, line)
  return element(
    'tr',
    element('th', run, scope='row'),
    [element('td', value, class_='left') for value in values],
    [_cell(line, column) for column in made.columns],
  )


def _cell(line: Line, column: Column) -> Markup:
  cell = line.cells.get((column.metric.name, column.across))
  if cell is None:
    return element('td')
  if column.kind == 'ours':
    return element('td', _ours(cell, stacked=column.across is not None))
  return element('td', cell.shown(column.kind), class_=column.kind)


def _ours(found: Cell, *, stacked: bool) -> Iterable[Markup | str]:
  """Yields the number, how many seeds it covers, and why any are missing."""
  number, bracket, _ = found.ours.partition(' (')
  yield number
  if bracket:
    pooled = ' pooled' if found.pooled else ''
    yield element('span', f' ({found.n}{pooled})', class_='n')
  if stacked and found.paper is not None:
    text = f'paper {found.papers}, diff. {found.difference}'
    yield element('span', text, class_='below')
  if found.lost:
    yield element('span', found.lost, class_='below why')
