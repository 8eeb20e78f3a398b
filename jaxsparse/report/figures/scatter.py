"""A figure of a metric against another, one marker a member."""

from collections.abc import Mapping, Sequence

import numpy as np

from jaxsparse.config.text import capital
from jaxsparse.plotting.panels import (
  MARKERS,
  Drawn,
  figure_legend,
  sentence,
  single,
)
from jaxsparse.results import metrics
from jaxsparse.results.metrics import Metric
from jaxsparse.results.rows import Row
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Scatter, Study
from jaxsparse.studies.styles import chosen, row_styles

Places = Mapping[Row, np.ndarray]


def draw(results: Results, asked: Scatter) -> Drawn | None:
  """Draws members by two of their numbers, in the colours of their rows.

  Returns:
    The figure; `None` where no member has both numbers.
  """
  study = results.study
  rows = [row for run in chosen(study, asked.runs) for row in run.rows()]
  by_row = {row: _places(results, row, asked) for row in rows}
  drawn = {row: places for row, places in by_row.items() if len(places)}
  if not drawn:
    return None
  printed = {
    row: place for row in drawn if (place := _printed(study, row, asked))
  }
  x, y = (metrics.metric(name) for name in (asked.x, asked.y))
  figure, ax = single()
  styles = row_styles(study)
  for i, (row, places) in enumerate(drawn.items()):
    look = {'color': styles[row]['color'], 'linestyle': ''}
    marker = MARKERS[i % len(MARKERS)]
    label = study.row_name(row)
    ax.plot(*places.T, marker=marker, label=label, alpha=0.8, **look)
    if row in printed:
      ring = {**look, 'marker': marker, 'markerfacecolor': 'none'}
      ax.plot(*printed[row], markersize=9, **ring)
  ax.set(xlabel=x.heading, ylabel=y.heading)
  figure_legend(figure, beside=True)
  title = capital(f'{y.label} against {x.label}')
  return Drawn(
    f'{asked.y}-against-{asked.x}',
    title,
    sentence(
      ['A marker is a member']
      + (['hollow ones are the paper’s numbers'] if printed else [])
    ),
    f'Chart: {title}. Means: {sentence(_said(study, drawn, x, y))}',
    figure,
  )


def _places(results: Results, row: Row, asked: Scatter) -> np.ndarray:
  """Returns [members, 2], of the members that have both numbers."""
  pairs = [
    [*metrics.values([m], asked.x), *metrics.values([m], asked.y)]
    for m in results.of(row)
  ]
  return np.asarray([p for p in pairs if len(p) == 2]).reshape(-1, 2)


def _printed(
  study: Study, row: Row, asked: Scatter
) -> tuple[float, float] | None:
  """Returns the paper's two numbers for a row, if it printed both."""
  run = study.run(row.run)
  x, y = (run.paper_value(row, name) for name in (asked.x, asked.y))
  return None if x is None or y is None else (x, y)


def _said(study: Study, found: Places, x: Metric, y: Metric) -> Sequence[str]:
  return [
    f'{study.row_name(row)}, {y.text(means[1])} at {x.text(means[0])}'
    for row, places in found.items()
    for means in [places.mean(0)]
  ]
