"""A figure of a metric along another, one line a run."""

import numpy as np
from matplotlib import ticker

from jaxsparse.plotting import figures, panels
from jaxsparse.plotting.figures import Series
from jaxsparse.plotting.styles import MARKERS
from jaxsparse.report import cells
from jaxsparse.results import metrics
from jaxsparse.results.names import capital
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Along, Run
from jaxsparse.studies.styles import chosen, run_styles


def draw(results: Results, figure: Along) -> panels.Drawn | None:
  """Draws the means of the rows of each run, joined; bands are deviations.

  A run of one row is a level line.

  Returns:
    The figure; `None` where no row has both numbers.
  """
  x, y = metrics.metric(figure.x), metrics.metric(figure.y)
  styles = run_styles(results.study)
  drawing, ax = panels.single()
  notes: list[str] = []
  for i, run in enumerate(chosen(results.study, figure.runs)):
    line = _line(results, run, figure)
    if not len(line.steps):
      continue
    look = styles[run.name] | {'label': run.display_name}
    if len(line.steps) == 1 and not run.grid:
      figures.level(ax, line, **look)
    else:
      marker = MARKERS[len(notes) % len(MARKERS)]
      figures.line(ax, line, **look | {'marker': marker, 'zorder': 3 + i / 100})
    ends = ' to '.join(
      f'{y.text(line.mean[end])} at {x.text(line.steps[end])}'
      for end in dict.fromkeys((len(line.steps) - 1, 0))
    )
    notes.append(f'{run.display_name}: {ends}')
  if not notes:
    return None
  ax.set_xscale('log')
  ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
  ax.xaxis.set_minor_locator(ticker.NullLocator())
  ax.xaxis.set_major_formatter(
    ticker.FuncFormatter(lambda v, _: f'{v:,.0f}' if v >= 1 else f'{v:g}')
  )
  ax.invert_xaxis()
  ax.set(xlabel=x.heading, ylabel=y.heading)
  panels.figure_legend(drawing)
  title = capital(f'{y.label} along {x.label}')
  return panels.Drawn(
    f'{y.name}-along-{x.name}',
    title,
    panels.sentence(
      ['Means over seeds; bands are one sample standard deviation to each side']
    ),
    f'Chart: {title}. {panels.sentence(notes)}',
    drawing,
  )


def _line(results: Results, run: Run, figure: Along) -> Series:
  """Returns the means of the rows of a run, by rising x."""
  pairs = [
    [cells.cell(results, row, name) for name in (figure.x, figure.y)]
    for row in run.rows()
  ]
  points = sorted(
    (at.mean, of.mean, of.std or 0.0, of.mean if of.low is None else of.low)
    for at, of in pairs
    if at.mean is not None and of.mean is not None
  )
  return Series(*np.asarray(points, np.float64).reshape(-1, 4).T)
