"""A figure of a metric against another, one marker a member."""

from typing import Any

import numpy as np

from jaxsparse.plotting import panels
from jaxsparse.plotting.styles import MARKERS
from jaxsparse.results import metrics
from jaxsparse.results.names import capital
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Scatter
from jaxsparse.studies.styles import chosen, row_styles


def draw(results: Results, figure: Scatter) -> panels.Drawn | None:
  """Draws members by two of their numbers, in the colours of their rows.

  Returns:
    The figure; `None` where no member has both numbers.
  """
  study, styles = results.study, row_styles(results.study)
  x, y = metrics.metric(figure.x), metrics.metric(figure.y)
  drawing, ax = panels.single()
  notes: list[str] = []
  any_printed = False
  for run in chosen(study, figure.runs):
    for row in run.rows():
      pairs = [
        [metrics.value(m, n.name) for n in (x, y)] for m in results.of(row)
      ]
      places = np.asarray([p for p in pairs if None not in p], np.float64)
      if not len(places):
        continue
      name = study.row_name(row)
      look: dict[str, Any] = {
        'color': styles[row]['color'],
        'linestyle': '',
        'markersize': 4,
        'marker': MARKERS[len(notes) % len(MARKERS)],
      }
      ax.plot(*places.T, label=name, alpha=0.8, **look)
      printed = [run.paper_value(row, metric.name) for metric in (x, y)]
      if None not in printed:
        any_printed = True
        ax.plot(
          *np.asarray(printed, np.float64),
          **look | {'markersize': 6, 'markerfacecolor': 'none'},
        )
      means = places.mean(0)
      notes.append(f'{name}, {y.text(means[1])} at {x.text(means[0])}')
  if not notes:
    return None
  ax.set(xlabel=x.heading, ylabel=y.heading)
  panels.figure_legend(drawing)
  title = capital(f'{y.label} against {x.label}')
  hollow = ['hollow ones are the paper’s numbers'] if any_printed else []
  return panels.Drawn(
    f'{y.name}-against-{x.name}',
    title,
    panels.sentence(['A marker is a member', *hollow]),
    f'Chart: {title}. Means: {panels.sentence(notes)}',
    drawing,
  )
