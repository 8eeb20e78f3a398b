"""A figure of a metric against a field of the grid."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jaxsparse.config.text import capital
from jaxsparse.plotting import figures
from jaxsparse.plotting.axes import value_axis
from jaxsparse.plotting.figures import Series
from jaxsparse.plotting.panels import (
  DASHES,
  MARKERS,
  Drawn,
  figure_legend,
  sentence,
  single,
)
from jaxsparse.report import cells
from jaxsparse.report.cells import Cell
from jaxsparse.results import metrics
from jaxsparse.results.names import (
  axis_name,
  field_name,
  is_sparsity,
  point_name,
  value_name,
)
from jaxsparse.results.rows import Point
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Against, Run
from jaxsparse.studies.styles import chosen, run_styles

_PAPER: dict[str, Any] = {
  'linestyle': '',
  'marker': 'o',
  'markersize': 8,
  'markerfacecolor': 'none',
  'markeredgewidth': 1.4,
}

Line = list[tuple[Any, Cell]]
Lines = dict[tuple[str, Point], Line]
Levels = dict[str, Cell]


def draw(results: Results, asked: Against) -> Drawn | None:
  """Draws a metric against a grid field, with the paper's numbers.

  Lines are means with bands of one standard deviation; the paper's numbers are
  hollow markers.

  Returns:
    The figure; `None` where there is no value to show.
  """
  study = results.study
  runs = chosen(study, asked.runs)
  field, what = asked.grid_field, metrics.metric(asked.metric)
  lines: Lines = {
    (run.name, point): line
    for run in runs
    if field in run.grid
    for point, line in _lines(results, run, asked).items()
  }
  levels: Levels = {
    run.name: cells.cell(results, run.rows()[0], asked.metric)
    for run in runs
    if not run.grid
  }
  drawn = [c for line in lines.values() for _, c in line] + [*levels.values()]
  if all(c.mean is None for c in drawn):
    return None
  values = list(
    dict.fromkeys(v for run in runs for v in run.grid.get(field, ()))
  )
  figure, ax = single()
  at = value_axis(ax, values, sparsity=is_sparsity(field))
  place = dict(zip(values, at, strict=True))
  styles = run_styles(study)
  if asked.log:
    series = [_series(place, line) for line in lines.values()]
    figures.log_scale(ax, [*series, *(_level(c) for c in levels.values())])
  for i, ((name, point), line) in enumerate(lines.items()):
    label = _label(study.run(name), point)
    style = {**styles[name], **_nth_look(lines, name, point)}
    style['zorder'] = 3 + i / 100
    _draw_line(ax, place, line, label=label, **style)
  for name, cell in levels.items():
    _draw_level(ax, cell, label=study.run(name).shown, **styles[name])
  if any(c.paper is not None for c in drawn):
    ax.plot([], [], color='0.35', label='paper’s number', **_PAPER)
  ax.set(xlabel=axis_name(field), ylabel=what.heading)
  figure_legend(figure, beside=True)
  title = f'{what.label} against {field_name(field)}'
  if asked.at:
    title += f', {point_name(tuple(asked.at.items()))}'
  return Drawn(
    f'{asked.metric}-against-{field_name(field).replace(" ", "-")}',
    capital(title),
    _caption(lines, levels, is_sparsity(field)),
    f'Chart of {title}. ' + sentence(_account(results, field, lines, levels)),
    figure,
  )


def _lines(results: Results, run: Run, asked: Against) -> dict[Point, Line]:
  """Returns a line for each combination of the run's other grid fields."""
  lines: dict[Point, Line] = {}
  for row in run.rows():
    point = dict(row.point)
    if any(point.get(f, value) != value for f, value in asked.at.items()):
      continue
    fixed = (asked.grid_field, *asked.at)
    other = tuple(p for p in row.point if p[0] not in fixed)
    cell = cells.cell(results, row, asked.metric)
    value = point[asked.grid_field]
    lines.setdefault(other, []).append((value, cell))
  return lines


def _nth_look(lines: Lines, name: str, point: Point) -> dict[str, str]:
  """Returns the marker and dashes that tell the lines of a run apart.

  They all have the run's colour.
  """
  points = [p for n, p in lines if n == name]
  nth = points.index(point)
  look = {'marker': MARKERS[nth % len(MARKERS)]}
  return look | {'linestyle': DASHES[nth % len(DASHES)]} if nth else look


def _label(run: Run, point: Point) -> str:
  return f'{run.shown}, {point_name(point)}' if point else run.shown


def _draw_line(
  ax: Axes, place: dict[Any, float], line: Line, **style: Any
) -> None:
  line = sorted(line, key=lambda pair: place[pair[0]])
  figures.line(ax, _series(place, line), **style)
  printed = [(place[v], c.paper) for v, c in line if c.paper is not None]
  if printed:
    ring = {**_PAPER, 'marker': style['marker'], 'zorder': 5}
    ax.plot(*zip(*printed, strict=True), color=style['color'], **ring)


def _series(place: dict[Any, float], line: Line) -> Series:
  """Returns the means of a line along the axis, with spreads and minima."""
  good = [
    (place[v], c.mean, c.std or 0.0, c.mean if c.low is None else c.low)
    for v, c in line
    if c.mean is not None
  ]
  return Series(*np.asarray(good, np.float64).reshape(-1, 4).T)


def _level(cell: Cell) -> Series:
  return _series({None: 0.0}, [(None, cell)])


def _draw_level(ax: Axes, cell: Cell, **style: Any) -> None:
  figures.level(ax, _level(cell), **style)
  if cell.paper is not None:
    # At the right end of the axis, as a level has no position along it.
    ax.plot(
      [1.0],
      [cell.paper],
      transform=ax.get_yaxis_transform(),
      color=style['color'],
      clip_on=False,
      **_PAPER,
    )


def _caption(
  lines: Lines,
  levels: Levels,
  logarithmic: bool,
) -> str:
  """Returns the caption: the meaning of bands, level lines and markers."""
  drawn = [c for line in lines.values() for _, c in line] + [*levels.values()]
  parts = [
    'Means over seeds; bands are one sample standard deviation to each side'
  ]
  if levels:
    parts.append('level lines are runs without the field')
  if any(c.paper is not None for c in drawn):
    parts.append('hollow markers are the paper’s numbers')
  if logarithmic:
    parts.append('the axis is logarithmic in the weights that are left')
  return sentence(parts)


def _account(
  results: Results,
  field: str,
  lines: Lines,
  levels: Levels,
) -> list[str]:
  """Describes each line in words, by the values at its ends."""
  study = results.study
  descriptions = []
  for (name, point), line in lines.items():
    good = [(v, c) for v, c in line if c.mean is not None]
    label = _label(study.run(name), point)
    if good:
      ends = [good[0], good[-1]] if len(good) > 1 else good
      text = ' to '.join(
        f'{c.metric.text(c.mean or 0.0)} at {value_name(field, v)}'
        for v, c in ends
      )
      descriptions.append(f'{label}: {text}')
    else:
      descriptions.append(f'{label}: no value')
  for name, cell in levels.items():
    if cell.mean is not None:
      text = cell.metric.text(cell.mean)
      descriptions.append(f'{study.run(name).shown}: {text}')
  return descriptions
