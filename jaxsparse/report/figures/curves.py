"""Figures of curves over the steps, in one panel or in several.

Up to a dozen lines share a panel. Beyond that there is a panel for each point
of the grid, with one line a run; or, where runs have grids of different
fields, a panel for each run with its points in shades.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxsparse.config.text import capital
from jaxsparse.plotting import figures
from jaxsparse.plotting.panels import (
  Drawn,
  figure_legend,
  multiples,
  sentence,
  shades,
  single,
)
from jaxsparse.report.figures import recorded
from jaxsparse.report.figures.recorded import Curve
from jaxsparse.results import metrics
from jaxsparse.results.names import point_name
from jaxsparse.results.rows import Point, Row
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Curves, Study
from jaxsparse.studies.styles import run_styles

_MOST_LINES = 12
_BANDS = 'bands are one sample standard deviation to each side'

Shown = Mapping[Row, Curve]


class _Line(NamedTuple):
  row: Row
  label: str
  style: dict[str, Any]


class _Panel(NamedTuple):
  title: str
  lines: list[_Line]


def draw(results: Results, figure: Curves) -> Drawn | None:
  """Draws means over seeds, one line a row.

  Returns:
    The figure; `None` where no run recorded the entry.

  Raises:
    ValueError: a `metrics.jsonl` cannot be read.
  """
  study, entry = results.study, figure.entry
  shown = recorded.until(
    recorded.read(results, entry, figure.runs), figure.last_step
  )
  if not shown:
    return None
  laid, how = _laid_out(study, shown)
  drawing, axes = _frames(laid, entry, list(shown.values()), log=figure.log)
  for ax, panel in zip(axes, laid, strict=True):
    for line in panel.lines:
      mean = shown[line.row].mean
      figures.line(ax, mean, label=line.label, **line.style)
  figure_legend(drawing, beside=len(laid) == 1)
  title = _title(entry)
  return Drawn(
    f'{entry}-curves',
    title,
    sentence([f'Means over seeds; {_BANDS}', *([how] if how else [])]),
    _alt(study, f'{title}, one line a row', entry, shown),
    drawing,
  )


def every_run(results: Results, entry: str, *, log: bool) -> Drawn | None:
  """Draws a panel for each row: every seed, and their mean."""
  study, shown = results.study, recorded.read(results, entry)
  if not shown:
    return None
  styles = run_styles(study)
  laid = [
    _Panel(study.row_name(row), [_Line(row, '', styles[row.run])])
    for row in shown
  ]
  curves = list(shown.values())
  figure, axes = _frames(
    laid, entry, curves, log=log, columns=4, panel=(2.4, 1.8)
  )
  for ax, panel in zip(axes, laid, strict=True):
    ((row, _, style),) = panel.lines
    _seeds(ax, shown[row], color=style['color'])
  return Drawn(
    f'{entry}-every-run',
    f'{_title(entry)}, every run',
    'Thin lines are seeds, the thick one is their mean; a seed that ended'
    ' before the others has a cross at its end. All panels have the same axes.',
    _alt(study, f'{_title(entry)}, a panel a row', entry, shown),
    figure,
  )


def _seeds(ax: Axes, curve: Curve, **look: Any) -> None:
  """Draws every seed, and their mean."""
  last = curve.mean.steps[-1]
  for seed in curve.seeds:
    figures.line(ax, seed, linewidth=0.6, alpha=0.6, **look | {'marker': ''})
    if seed.steps[-1] < last:
      ax.plot(seed.steps[-1:], seed.mean[-1:], marker='x', **look)
  bare = curve.mean._replace(std=np.zeros_like(curve.mean.std))
  figures.line(ax, bare, linewidth=1.8, **look | {'marker': ''})


def _laid_out(study: Study, shown: Shown) -> tuple[list[_Panel], str]:
  """Returns the panels, and a phrase on what each of them is."""
  points = list(dict.fromkeys(row.point for row in shown if row.point))
  grids = list(dict.fromkeys(row.run for row in shown if row.point))
  if len(points) < 2:
    return [_by_colour(study, shown)], ''
  if len(grids) == 1 and len(shown) <= _MOST_LINES:
    return [_by_shade(study, shown, points, '', grids[0])], ''
  if len({tuple(field for field, _ in point) for point in points}) == 1:
    laid = [
      _by_colour(study, [r for r in shown if r.point in ((), point)], point)
      for point in points
    ]
    return laid, 'each panel is a point of the grid'
  laid = [
    _by_shade(study, shown, points, study.run(run).shown, run) for run in grids
  ]
  return laid, 'each panel is a run, each shade a point of its grid'


def _by_colour(study: Study, rows: Iterable[Row], point: Point = ()) -> _Panel:
  """Returns a panel with a line a run, in the run's colour."""
  styles = run_styles(study)
  lines = [_Line(r, study.run(r.run).shown, styles[r.run]) for r in rows]
  return _Panel(point_name(point), lines)


def _by_shade(
  study: Study,
  rows: Iterable[Row],
  points: Sequence[Point],
  title: str,
  run: str,
) -> _Panel:
  """Returns a panel of a run's points, from dark to light.

  The runs without a grid are in it as well.
  """
  styles = run_styles(study)
  ramp = dict(zip(points, shades(len(points)), strict=True))
  lines = []
  for row in rows:
    if not row.point:
      lines.append(_Line(row, study.run(row.run).shown, styles[row.run]))
    elif row.run == run:
      label = point_name(row.point) if title else study.row_name(row)
      lines.append(_Line(row, label, {'color': ramp[row.point]}))
  return _Panel(title, lines)


def _frames(
  laid: Sequence[_Panel],
  entry: str,
  curves: Sequence[Curve],
  *,
  log: bool,
  **look: Any,
) -> tuple[Figure, list[Axes]]:
  """Draws an empty panel for each of `laid`, with titles and labels."""
  if len(laid) == 1:
    figure, ax = single()
    axes = [ax]
    ax.set(xlabel='step', ylabel=metrics.metric(entry).heading)
    ax.set_title(laid[0].title, fontsize=9, loc='left')
  else:
    figure, axes = multiples([panel.title for panel in laid], **look)
    figure.supylabel(metrics.metric(entry).heading, fontsize=10)
  for ax in axes:
    if log:
      figures.log_scale(ax, [curve.mean for curve in curves])
  axes[0].set_xlim(0, max(1, *(int(c.mean.steps[-1]) for c in curves)))
  return figure, axes


def _title(entry: str) -> str:
  return f'{capital(metrics.metric(entry).label)} over training'


def _alt(study: Study, start: str, entry: str, shown: Shown) -> str:
  """Describes the figure in words: the last value of each line."""
  text = metrics.metric(entry).text
  ends = [
    f'{study.row_name(row)} {text(float(curve.mean.mean[-1]))}'
    for row, curve in shown.items()
  ]
  return f'Chart: {start}. Last values: {sentence(ends)}'
