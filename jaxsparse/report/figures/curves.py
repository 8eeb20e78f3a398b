"""Figures of curves over the steps, in one panel or in several.

Up to a dozen lines share a panel. Beyond that there is a panel for each point
of the grid, with one line a run; or, where runs have grids of different
fields, a panel for each run with its points in shades.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxsparse.plotting import figures
from jaxsparse.plotting.panels import (
  Drawn,
  figure_legend,
  heading,
  multiples,
  sentence,
  single,
)
from jaxsparse.plotting.styles import FONT, shades
from jaxsparse.report.figures import recorded
from jaxsparse.report.figures.recorded import RecordedCurve
from jaxsparse.results import metrics
from jaxsparse.results.names import capital, point_name
from jaxsparse.results.rows import Point, Row
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Curves, Study
from jaxsparse.studies.styles import of_point, run_styles

_MOST_LINES = 12
_BANDS = 'bands are one sample standard deviation to each side'


class _Line(NamedTuple):
  row: Row
  label: str
  style: dict[str, Any]


# Of each panel its title, and its lines.
_Panels = list[tuple[str, list[_Line]]]


def draw(results: Results, figure: Curves) -> Drawn | None:
  """Draws means over seeds, one line a row.

  Returns:
    The figure; `None` where no run recorded the entry.

  Raises:
    ValueError: a `metrics.jsonl` cannot be read.
  """
  entry = figure.entry
  curves = recorded.read(results, entry, figure.runs)
  curves = recorded.until(curves, figure.last_step)
  if not curves:
    return None
  panels, what = _panels(results.study, list(curves))
  drawing, axes = _frames(
    [title for title, _ in panels], entry, curves, log=figure.log
  )
  for ax, (_, lines) in zip(axes, panels, strict=True):
    for row, label, style in lines:
      figures.line(ax, curves[row].mean, label=label, **style)
  figure_legend(drawing)
  caption = [f'Means over seeds; {_BANDS}', *([what] if what else [])]
  title = _title(entry)
  return Drawn(
    f'{entry}-curves',
    title,
    sentence(caption),
    _alt(results.study, f'{title}, one line a row', entry, curves),
    drawing,
  )


def every_run(results: Results, entry: str, *, log: bool) -> Drawn | None:
  """Draws a panel for each row: every seed, and their mean."""
  curves = recorded.read(results, entry)
  if not curves:
    return None
  study, styles = results.study, run_styles(results.study)
  drawing, axes = _frames(
    [study.row_name(row) for row in curves],
    entry,
    curves,
    log=log,
    columns=4,
    ratio=0.75,
  )
  for ax, (row, curve) in zip(axes, curves.items(), strict=True):
    _seeds(ax, curve, color=styles[row.run]['color'])
  return Drawn(
    f'{entry}-every-run',
    f'{_title(entry)}, every run',
    'Thin lines are seeds, the thick one is their mean; a seed that ended'
    ' before the others has a cross at its end. All panels have the same axes.',
    _alt(study, f'{_title(entry)}, a panel a row', entry, curves),
    drawing,
  )


def _seeds(ax: Axes, curve: RecordedCurve, **style: Any) -> None:
  """Draws every seed, and their mean."""
  last = curve.mean.steps[-1]
  for seed in curve.seeds:
    figures.line(ax, seed, linewidth=0.5, alpha=0.6, marker='', **style)
    if seed.steps[-1] < last:
      ax.plot(seed.steps[-1:], seed.mean[-1:], marker='x', **style)
  bare = curve.mean._replace(std=np.zeros_like(curve.mean.std))
  figures.line(ax, bare, linewidth=1.3, marker='', **style)


def _panels(study: Study, rows: Sequence[Row]) -> tuple[_Panels, str]:
  """Returns the panels, and a phrase on what each of them is."""
  points = list(dict.fromkeys(row.point for row in rows if row.point))
  grids = list(dict.fromkeys(row.run for row in rows if row.point))
  if len(points) < 2:
    return [('', _by_colour(study, rows))], ''
  if len(grids) == 1 and len(rows) <= _MOST_LINES:
    lines = _by_shade(study, rows, points, grids[0], study.row_name)
    return [('', lines)], ''
  if len({tuple(field for field, _ in point) for point in points}) == 1:
    return [
      (
        point_name(point),
        _by_colour(study, [row for row in rows if row.point in ((), point)]),
      )
      for point in points
    ], 'each panel is a point of the grid'

  def name(row: Row) -> str:
    return point_name(row.point)

  return [
    (study.run(run).display_name, _by_shade(study, rows, points, run, name))
    for run in grids
  ], 'each panel is a run, each shade a point of its grid'


def _by_colour(study: Study, rows: Iterable[Row]) -> list[_Line]:
  """Returns a line a run, in the run's colour."""
  styles = run_styles(study)
  return [_Line(r, study.run(r.run).display_name, styles[r.run]) for r in rows]


def _by_shade(
  study: Study,
  rows: Iterable[Row],
  points: Sequence[Point],
  run: str,
  name: Callable[[Row], str],
) -> list[_Line]:
  """Returns lines of a run's points, from dark to light, and of other runs.

  Of the others only those without a grid.
  """
  ramp = dict(zip(points, shades(len(points)), strict=True))
  return [
    _Line(row, name(row), of_point(row.point) or {'color': ramp[row.point]})
    if row.point
    else _by_colour(study, [row])[0]
    for row in rows
    if row.run == run or not row.point
  ]


def _frames(
  titles: Sequence[str],
  entry: str,
  curves: Mapping[Row, RecordedCurve],
  *,
  log: bool,
  **size: Any,
) -> tuple[Figure, list[Axes]]:
  """Draws an empty panel for each title, with labels."""
  if len(titles) == 1:
    figure, ax = single()
    axes = [ax]
    ax.set(xlabel='step', ylabel=metrics.metric(entry).heading)
    heading(ax, titles[0], figure.get_figwidth())
  else:
    figure, axes = multiples(titles, **size)
    figure.supylabel(metrics.metric(entry).heading, fontsize=FONT)
  means = [curve.mean for curve in curves.values()]
  for ax in axes:
    if log:
      figures.log_scale(ax, means)
  axes[0].set_xlim(0, max(1, *(int(mean.steps[-1]) for mean in means)))
  return figure, axes


def _title(entry: str) -> str:
  return f'{capital(metrics.metric(entry).label)} over training'


def _alt(
  study: Study, start: str, entry: str, curves: Mapping[Row, RecordedCurve]
) -> str:
  """Describes the figure in words: the last value of each line."""
  text = metrics.metric(entry).text
  ends = [
    f'{study.row_name(row)} {text(float(curve.mean.mean[-1]))}'
    for row, curve in curves.items()
  ]
  return f'Chart: {start}. Last values: {sentence(ends)}'
