"""Panels, legends and titles of all figures."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jaxsparse.plotting import figures

if TYPE_CHECKING:
  from matplotlib.axes import Axes
  from matplotlib.figure import Figure

DASHES = ('-', '--', ':', '-.')
MARKERS = 'os^Dv*'
_SINGLE = (7.2, 4.0)
# Letters of a panel's title to an inch of its width.
_LETTERS = 13
# The fraction of a figure's width that a legend beside it may have; and, in
# inches, the width of the handle before a name, and the height of a row.
_BESIDE = 0.4
_HANDLE = 0.6
_ROW = 0.25


class Drawn(NamedTuple):
  """A figure and its text.

  Attributes:
    name: of its files, without a suffix.
    title: its subject.
    caption: how to read it.
    alt: its content in words, for those who do not see it.
    figure: the figure.
  """

  name: str
  title: str
  caption: str
  alt: str
  figure: Figure


def shades(number: int) -> list[Any]:
  """Returns colours of a perceptual order, from dark to light."""
  import matplotlib as mpl

  ramp = mpl.colormaps['viridis']
  return [ramp(0.9 * i / max(1, number - 1)) for i in range(number)]


def paler(colour: str, share: float) -> str:
  """Mixes white into a colour, as the fraction `share` of it."""
  from matplotlib import colors

  red, green, blue = (c + share * (1 - c) for c in colors.to_rgb(colour))
  return colors.to_hex((red, green, blue)).upper()


def single() -> tuple[Figure, Axes]:
  """Creates a figure of one panel."""
  figure, (ax,) = figures.panels(1)
  figure.set_size_inches(*_SINGLE)
  return figure, ax


def multiples(
  titles: Sequence[str],
  *,
  xlabel: str = 'step',
  columns: int = 3,
  panel: tuple[float, float] = (3.1, 2.4),
) -> tuple[Figure, list[Axes]]:
  """Creates a figure of small panels with common axes.

  Args:
    titles: of the panels, wrapped where they are wider.
    xlabel: the name of the x axis; that of steps has integers alone.
    columns: at most.
    panel: width and height of one, in inches.
  """
  from matplotlib import ticker
  from matplotlib.figure import Figure
  from matplotlib.layout_engine import ConstrainedLayoutEngine

  count = len(titles)
  columns = min(columns, count)
  rows = math.ceil(count / columns)
  figure = Figure(
    figsize=(max(panel[0] * columns, 5.0), panel[1] * rows + 0.6),
    # Room for the last tick's label beside the first one of the next panel.
    layout=ConstrainedLayoutEngine(wspace=0.06),
  )
  axes = figure.subplots(
    rows, columns, squeeze=False, sharex=True, sharey=True
  ).ravel()
  for ax in axes:
    figures.plain(ax)
    ax.tick_params(labelsize=8)
    steps = xlabel == 'step'
    ticks = ticker.MaxNLocator(3 if steps else 5, integer=steps)
    ax.xaxis.set_major_locator(ticks)
  for ax in axes[count:]:
    ax.set_visible(False)
  for ax in axes[count - columns : count]:
    ax.tick_params(labelbottom=True)
    ax.set_xlabel(xlabel, fontsize=9)
  for ax, title in zip(axes[:count], titles, strict=True):
    text = textwrap.fill(title, int(_LETTERS * panel[0]))
    ax.set_title(text, fontsize=9, loc='left')
  return figure, list(axes[:count])


def figure_legend(figure: Figure, *, beside: bool) -> None:
  """Adds one legend for all panels of a figure, beside them or below.

  It is never wider or higher than the figure: long names are wrapped, there are
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
  needed = extent.height / figure.dpi
  extra = max(0.0, needed - (height if beside else _ROW))
  figure.set_figheight(height + extra)


def sentence(parts: Sequence[str]) -> str:
  """Joins the parts of a sentence by semicolons and ends it by a stop."""
  return '; '.join(parts) + '.'
