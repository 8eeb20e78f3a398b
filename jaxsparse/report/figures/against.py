"""A figure of a metric against a field of the grid."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from jaxsparse.plotting import figures, panels
from jaxsparse.plotting.axes import by_density, value_axis
from jaxsparse.plotting.figures import Series
from jaxsparse.plotting.styles import DASHES, MARKERS
from jaxsparse.report import cells
from jaxsparse.report.cells import Cell
from jaxsparse.results import metrics, names
from jaxsparse.results.rows import Point
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Against
from jaxsparse.studies.styles import chosen, of_point, run_styles

_PAPER: dict[str, Any] = {
  'linestyle': '',
  'marker': 'o',
  'markersize': 5.5,
  'markerfacecolor': 'none',
  'markeredgewidth': 1.0,
}


class _Line(NamedTuple):
  """A run at a point of its other grid fields.

  Attributes:
    label: its name.
    style: of the line.
    cells: value of the field -> cell.
    level: whether it is a level line, whose only value counts for nothing: a
      run without the field.
  """

  label: str
  style: dict[str, Any]
  cells: dict[Any, Cell]
  level: bool = False

  def series(self, place: Mapping[Any, float]) -> Series:
    """Returns the means along the axis, with spreads and minima."""
    good = sorted(
      (
        0.0 if self.level else place[v],
        c.mean,
        c.std or 0.0,
        c.mean if c.low is None else c.low,
      )
      for v, c in self.cells.items()
      if c.mean is not None
    )
    return Series(*np.asarray(sorted(good), np.float64).reshape(-1, 4).T)


def draw(results: Results, figure: Against) -> panels.Drawn | None:
  """Draws a metric against a grid field, with the paper's numbers.

  Lines are means with bands of one standard deviation; the paper's numbers are
  hollow markers.

  Returns:
    The figure; `None` where there is no value to show.
  """
  field, metric = figure.grid_field, metrics.metric(figure.metric)
  lines = _lines(results, figure)
  every = [cell for line in lines for cell in line.cells.values()]
  if all(cell.mean is None for cell in every):
    return None
  values = list(dict.fromkeys(v for x in lines if not x.level for v in x.cells))
  drawing, ax = panels.single()
  sparsity = names.is_sparsity(field)
  at = value_axis(ax, values, sparsity=sparsity)
  place = dict(zip(values, at, strict=True))
  if figure.log:
    figures.log_scale(ax, [line.series(place) for line in lines])
  for i, line in enumerate(lines):
    _draw_line(ax, line, place, zorder=3 + i / 100)
  printed = any(cell.paper is not None for cell in every)
  if printed:
    ax.plot([], [], color='0.35', label='paper’s number', **_PAPER)
  xlabel = names.axis_name(field)
  if sparsity and by_density(values):
    xlabel = 'density (%)'
  ax.set(xlabel=xlabel, ylabel=metric.heading)
  panels.figure_legend(drawing)
  title = f'{metric.label} against {names.field_name(field)}'
  if figure.at:
    title += f', {names.point_name(tuple(figure.at.items()))}'
  caption = {
    'Means over seeds; bands are one sample standard deviation to each side': 1,
    'level lines are runs without the field': any(x.level for x in lines),
    'hollow markers are the paper’s numbers': printed,
    'the axis is logarithmic in the weights that are left': sparsity,
  }
  notes = [note for line in lines if (note := _note(line, field))]
  return panels.Drawn(
    f'{figure.metric}-against-{names.field_name(field).replace(" ", "-")}',
    names.capital(title),
    panels.sentence([text for text, holds in caption.items() if holds]),
    f'Chart of {title}. {panels.sentence(notes)}',
    drawing,
  )


def _lines(results: Results, figure: Against) -> list[_Line]:
  """Returns a line for each run and point of its other grid fields.

  Those of a run have its colour, and differ in markers and dashes. Level lines
  come last.
  """
  styles = run_styles(results.study)
  lines: list[_Line] = []
  levels: list[_Line] = []
  for run in chosen(results.study, figure.runs):
    if not run.grid:
      cell = cells.cell(results, run.rows()[0], figure.metric)
      levels.append(_Line(run.display_name, styles[run.name], {'': cell}, True))
    of_run: dict[Point, _Line] = {}
    for row in run.rows() if figure.grid_field in run.grid else ():
      point = dict(row.point)
      if any(point.get(f, value) != value for f, value in figure.at.items()):
        continue
      value = point.pop(figure.grid_field)
      other = tuple((f, v) for f, v in point.items() if f not in figure.at)
      if other not in of_run:
        nth = len(of_run)
        own = of_point(other)
        style = styles[run.name] | own
        # As many markers as dashes, for lines of one colour.
        marked = nth + DASHES.index(style['linestyle'])
        style['marker'] = MARKERS[marked % len(MARKERS)]
        if nth and not own:
          style['linestyle'] = DASHES[nth % len(DASHES)]
        label = names.row_name(run.display_name, other)
        of_run[other] = _Line(label, style, {})
      of_run[other].cells[value] = cells.cell(results, row, figure.metric)
    lines += of_run.values()
  return lines + levels


def _draw_line(
  ax: Axes, line: _Line, place: Mapping[Any, float], zorder: float
) -> None:
  printed = [
    (1.0 if line.level else place[value], cell.paper)
    for value, cell in line.cells.items()
    if cell.paper is not None
  ]
  ring = _PAPER | {'color': line.style['color']}
  if line.level:
    figures.level(ax, line.series(place), label=line.label, **line.style)
    # At the right end of the axis, as a level has no position along it.
    ring |= {'transform': ax.get_yaxis_transform(), 'clip_on': False}
  else:
    style = line.style | {'label': line.label, 'zorder': zorder}
    figures.line(ax, line.series(place), **style)
    ring |= {'marker': line.style['marker'], 'zorder': 5}
  if printed:
    ax.plot(*zip(*sorted(printed), strict=True), **ring)


def _note(line: _Line, field: str) -> str:
  """Describes a line in words, by the values at its ends; '' for no level."""
  good = [(v, c) for v, c in line.cells.items() if c.mean is not None]
  if not good:
    return '' if line.level else f'{line.label}: no value'
  ends = [good[0], good[-1]] if len(good) > 1 else good
  texts = [
    cell.metric.text(cell.mean or 0.0)
    + ('' if line.level else f' at {names.value_name(field, value)}')
    for value, cell in ends
  ]
  return f'{line.label}: {" to ".join(texts)}'
