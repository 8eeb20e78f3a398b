"""Panels, colours and titles that the figures of a report share."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib import colors, ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from jaxsparse.experiments import figures
from jaxsparse.experiments.figures import COLOURS
from jaxsparse.experiments.studies.spec import Row, Run, Study

DASHES = ('-', '--', ':', '-.')
MARKERS = 'os^Dv*'
_SINGLE = (7.2, 4.0)
_BLACK = '#000000'
# Letters of a panel's title to an inch of its width.
_LETTERS = 13
# The share of a figure's width that a legend beside it may take; and in inches
# what is left of a name in it, and how high a row of names is.
_BESIDE = 0.4
_HANDLE = 0.6
_ROW = 0.25


class Drawn(NamedTuple):
  """A figure, and what is written below it.

  Attributes:
    name: of its files, without a suffix.
    title: what it shows.
    caption: how to read it.
    alt: what it says, for those who do not see it.
    figure: itself.
  """

  name: str
  title: str
  caption: str
  alt: str
  figure: Figure


def run_styles(study: Study) -> dict[str, dict[str, Any]]:
  """How the lines of each run are drawn, alike in all figures of a study.

  A run without a grid, where others have one, is what they are compared with:
  black and dashed. The others have colours, and runs of one base config (a
  method with and without something, say) share theirs and differ in dashes.
  Where there are too many of a config for that, no two runs share a colour as
  long as there are some.
  """
  grids = any(run.grid for run in study.runs)
  coloured = [run for run in study.runs if run.grid or not grids]
  level = [run for run in study.runs if run not in coloured]
  colours = COLOURS[: -1 if level else None]
  styles = {
    run.name: {
      'color': colours[i % len(colours)],
      'linestyle': DASHES[j % len(DASHES)],
    }
    for run, (i, j) in zip(
      coloured, _places(coloured, len(colours)), strict=True
    )
  }
  for i, run in enumerate(level):
    dashes = DASHES[1 + i % (len(DASHES) - 1)]
    styles[run.name] = {'color': _BLACK, 'linestyle': dashes}
  return styles


def row_styles(study: Study) -> dict[Row, dict[str, Any]]:
  """Of each row: the style of its run, paler from row to row."""
  styles = run_styles(study)
  found = {}
  for run in study.runs:
    rows, own = run.rows(), styles[run.name]
    for i, row in enumerate(rows):
      found[row] = own | {'color': _paler(own['color'], 0.65 * i / len(rows))}
  return found


def _paler(colour: str, share: float) -> str:
  """A colour with so much white in it."""
  red, green, blue = (c + share * (1 - c) for c in colors.to_rgb(colour))
  return colors.to_hex((red, green, blue)).upper()


def _places(runs: Sequence[Run], colours: int) -> list[tuple[int, int]]:
  """The colour and the dashes of each run, both numbered."""
  families: dict[str, list[Run]] = {}
  for run in runs:
    families.setdefault(run.config, []).append(run)
  most = max(map(len, families.values()), default=0)
  if len(families) == 1 or len(families) > colours or most > len(DASHES):
    return [(i, i // colours) for i in range(len(runs))]
  order = list(families)
  return [
    (order.index(run.config), families[run.config].index(run)) for run in runs
  ]


def shades(number: int) -> list[Any]:
  """Colours in an order that the eye sees, from dark to light."""
  ramp = mpl.colormaps['viridis']
  return [ramp(0.9 * i / max(1, number - 1)) for i in range(number)]


def single() -> tuple[Figure, Axes]:
  """A figure of one panel."""
  figure, (ax,) = figures.panels(1)
  figure.set_size_inches(*_SINGLE)
  return figure, ax


def multiples(
  titles: Sequence[str],
  *,
  columns: int = 3,
  panel: tuple[float, float] = (3.1, 2.4),
) -> tuple[Figure, list[Axes]]:
  """A figure of small panels with common axes.

  Args:
    titles: of the panels, broken where they are wider.
    columns: at most.
    panel: width and height of one, in inches.
  """
  count = len(titles)
  columns = min(columns, count)
  rows = math.ceil(count / columns)
  figure = Figure(
    figsize=(max(panel[0] * columns, 5.0), panel[1] * rows + 0.6),
    # Room for the last tick's label beside the first one of the next panel.
    layout=ConstrainedLayoutEngine(wspace=0.06),
  )
  every = figure.subplots(
    rows, columns, squeeze=False, sharex=True, sharey=True
  ).ravel()
  for ax in every:
    figures.plain(ax)
    ax.tick_params(labelsize=8)
    ax.xaxis.set_major_locator(ticker.MaxNLocator(3, integer=True))
  for ax in every[count:]:
    ax.set_visible(False)
  for ax in every[count - columns : count]:
    ax.tick_params(labelbottom=True)
    ax.set_xlabel('step', fontsize=9)
  for ax, title in zip(every[:count], titles, strict=True):
    text = textwrap.fill(title, int(_LETTERS * panel[0]))
    ax.set_title(text, fontsize=9, loc='left')
  return figure, list(every[:count])


def figure_legend(figure: Figure, *, beside: bool) -> None:
  """Adds one legend for all panels of a figure, beside them or below.

  It is never wider or higher than the figure: long names are broken, there are
  as many columns as fit, and the figure grows with the rows.
  """
  named: dict[str, Any] = {}
  for ax in figure.axes:
    for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
      named.setdefault(label, handle)
  if not named:
    return
  width, height = figure.get_size_inches()
  room = width * (_BESIDE if beside else 1.0)
  labels = [textwrap.fill(n, int(_LETTERS * (room - _HANDLE))) for n in named]
  for columns in range(1 if beside else min(6, len(named)), 0, -1):
    legend = figure.legend(
      list(named.values()),
      labels,
      loc='outside right center' if beside else 'outside lower center',
      ncols=columns,
      frameon=False,
      fontsize=9,
    )
    extent = legend.get_window_extent()
    if extent.width <= width * figure.dpi or columns == 1:
      break
    legend.remove()
  own = extent.height / figure.dpi
  more = max(0.0, own - (height if beside else _ROW))
  figure.set_figheight(height + more)


def chosen(study: Study, names: Sequence[str]) -> tuple[Run, ...]:
  """The runs of those names, or all of them."""
  return tuple(r for r in study.runs if r.name in names or not names)


def sentence(parts: Sequence[str]) -> str:
  """Parts of an account, joined and closed."""
  return '; '.join(parts) + '.'
