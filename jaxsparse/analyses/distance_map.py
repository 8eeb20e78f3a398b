"""Map of the starts and ends of several kinds of runs in weight space."""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jaxsparse.analyses import _looks
from jaxsparse.analysis import distances
from jaxsparse.plotting import looks
from jaxsparse.plotting.looks import Drawn
from jaxsparse.results.findings import Finding, Part, Table
from jaxsparse.runs import finished

_MARKERS = 'os^Dv*PX'


def distance_map(
  pools: Sequence[Sequence[pathlib.Path]], *, seed: int = 0
) -> Finding:
  """Embeds nets in a plane that preserves L2 distances as far as possible.

  Evci et al. 2022, the figure of solutions by multidimensional scaling.

  Args:
    pools: of finished runs of one model; all replicates of each are shown.
    seed: of the scaling's random starts.

  Returns:
    `map_stress`: Stress-1 (0 is a perfect map, 0.2 a poor one); and a table
    of points.

  Raises:
    ValueError: fewer than one pool, runs that are not finished, or of
      different models.
  """
  if not pools:
    raise ValueError('got no pool of runs; accepted is one or more')
  places = [
    (number, run, step)
    for number, pool in enumerate(pools)
    for run in finished.load_pool(pool)
    for step in (0, run.last_step)
  ]
  between = distances.pairwise(
    [finished.solution(run, step) for _, run, step in places]
  )
  embedded = distances.embed(between.l2, seed=seed)
  return Finding(
    {'map_stress': embedded.stress},
    {
      'pool': np.array([number for number, _, _ in places]),
      'step': np.array([step for _, _, step in places]),
      'x': embedded.points[:, 0],
      'y': embedded.points[:, 1],
    },
  )


def draw_distance_map(parts: Sequence[Part]) -> Drawn:
  """Draws a panel per map: starts hollow, ends filled, joined by lines."""
  titles = [''] if len(parts) == 1 else [p.inputs[0].label for p in parts]
  figure, axes = looks.multiples(titles, columns=2, panel=(5.8, 4.2))
  notes = []
  for ax, part in zip(axes, parts, strict=True):
    ax.set(aspect='equal', adjustable='datalim', xlabel='')
    ax.xaxis.set_major_locator(_looks.locator())
    pools = zip(part.inputs, _looks.colours(part), strict=True)
    for number, (one, colour) in enumerate(pools):
      rows = part.table['pool'] == number
      _draw_pool(
        ax,
        {name: column[rows] for name, column in part.table.items()},
        label=one.label,
        color=colour,
        marker=_MARKERS[number % len(_MARKERS)],
      )
      notes.append(f'{one.label} ({int(rows.sum()) // 2})')
  looks.figure_legend(figure, beside=True)
  title = 'Where runs start and end in weight space'
  return Drawn(
    'distance-map',
    title,
    looks.sentence(
      [
        'Distances in the plane are as near to L2 distances between the nets'
        ' as may be, by multidimensional scaling',
        'hollow markers are starts, filled ones the ends that lines lead to',
        'directions mean nothing',
      ]
    ),
    f'Map: {title}. Runs: {looks.sentence(notes)}',
    figure,
  )


def _draw_pool(
  ax: Axes, table: Table, *, label: str, color: str, marker: str
) -> None:
  # A start, then the end of the same run.
  x, y = (table[name].reshape(-1, 2) for name in ('x', 'y'))
  look: dict[str, Any] = {'color': color, 'marker': marker, 'markersize': 7}
  ax.plot(x.T, y.T, color=color, linewidth=0.6, alpha=0.5)
  ax.plot(x[:, 0], y[:, 0], linestyle='', markerfacecolor='none', **look)
  ax.plot(x[:, 1], y[:, 1], linestyle='', label=label, **look)
