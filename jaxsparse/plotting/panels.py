"""Panels, legends and titles of all figures."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jaxsparse.plotting import figures
from jaxsparse.plotting.styles import DOUBLE, FONT, SINGLE, SMALL

if TYPE_CHECKING:
  from matplotlib.axes import Axes
  from matplotlib.figure import Figure
  from matplotlib.legend import Legend

# Letters of a panel's title to an inch of its width.
_LETTERS = 16
# The fraction of a figure's width that a legend beside it may have; and, in
# inches, the width of the handle before a name, the most height of a legend
# below a single column, and of a panel.
_BESIDE = 0.45
_HANDLE = 0.5
_MOST_BELOW = 0.6
_MOST_HEIGHT = 2.2


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

  @property
  def text(self) -> str:
    """The title and the caption, for the file beside the figure."""
    return f'{self.title}. {self.caption}'


def single() -> tuple[Figure, Axes]:
  """Creates a figure of one panel, in a column's width."""
  figure, (ax,) = figures.panels(1)
  return figure, ax


def multiples(
  titles: Sequence[str],
  *,
  xlabel: str = 'step',
  columns: int = 3,
  ratio: float = 0.77,
) -> tuple[Figure, list[Axes]]:
  """Creates a figure of small panels with common axes.

  Args:
    titles: of the panels, wrapped where they are wider.
    xlabel: the name of the x axis; that of steps has integers alone.
    columns: at most.
    ratio: the height of a panel over its width.
  """
  from matplotlib import ticker
  from matplotlib.figure import Figure
  from matplotlib.layout_engine import ConstrainedLayoutEngine

  count = len(titles)
  columns = min(columns, count)
  rows = math.ceil(count / columns)
  whole = SINGLE if columns == 1 else DOUBLE
  width = whole / columns
  figure = Figure(
    figsize=(whole, min(ratio * width, _MOST_HEIGHT) * rows + 0.4),
    # Room for the last tick's label beside the first one of the next panel.
    layout=ConstrainedLayoutEngine(wspace=0.06),
  )
  axes = figure.subplots(
    rows, columns, squeeze=False, sharex=True, sharey=True
  ).ravel()
  for ax in axes:
    figures.plain(ax)
    steps = xlabel == 'step'
    ticks = ticker.MaxNLocator(3 if steps else 5, integer=steps)
    ax.xaxis.set_major_locator(ticks)
  for ax in axes[count:]:
    ax.set_visible(False)
  for ax in axes[count - columns : count]:
    ax.tick_params(labelbottom=True)
    ax.set_xlabel(xlabel)
  for ax, title in zip(axes[:count], titles, strict=True):
    heading(ax, title, width)
  return figure, list(axes[:count])


def heading(ax: Axes, text: str, width: float) -> None:
  """Writes what a panel of a width in inches is above it."""
  wrapped = textwrap.fill(text, int(_LETTERS * width))
  ax.set_title(wrapped, fontsize=FONT, loc='left')


def figure_legend(figure: Figure) -> None:
  """Adds one legend for all panels of a figure.

  It is below them; where that takes many rows in a column's width, the figure
  gets a page's width, and the legend is beside. Parts that all names share are
  its title. It is never wider or higher than the figure: long names are
  wrapped, there are as many columns as fit, and the figure grows with the rows.
  """
  named: dict[str, Any] = {}
  for ax in figure.axes:
    for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
      named.setdefault(label, handle)
  if not named:
    return
  shared, labels = short(list(named))
  handles = list(named.values())
  width, height = figure.get_size_inches()
  legend = _below(figure, handles, labels, shared)
  needed = legend.get_window_extent().height / figure.dpi
  if width <= SINGLE and needed > _MOST_BELOW:
    legend.remove()
    figure.set_figwidth(DOUBLE)
    room = DOUBLE * _BESIDE
    legend = _legend(figure, handles, labels, shared, room)
    needed = legend.get_window_extent().height / figure.dpi - height
  figure.set_figheight(height + max(0.0, needed))


def _below(
  figure: Figure, handles: list[Any], labels: list[str], title: str
) -> Legend:
  """Adds a legend below, of as many columns as fit."""
  width = figure.get_figwidth()
  for columns in range(min(6, len(labels)), 0, -1):
    legend = _legend(figure, handles, labels, title, width, columns)
    if columns == 1 or legend.get_window_extent().width <= width * figure.dpi:
      break
    legend.remove()
  return legend


def _legend(
  figure: Figure,
  handles: list[Any],
  labels: list[str],
  title: str,
  room: float,
  columns: int = 0,
) -> Legend:
  """Adds a legend below of some columns, or beside where there are none."""
  letters = int(_LETTERS * (room - _HANDLE))
  return figure.legend(
    handles,
    [textwrap.fill(label, letters) for label in labels],
    loc='outside lower center' if columns else 'outside right center',
    ncols=columns or 1,
    frameon=False,
    fontsize=SMALL,
    title=textwrap.fill(title, letters) or None,
    title_fontsize=SMALL,
  )


def short(labels: Sequence[str]) -> tuple[str, list[str]]:
  """Returns what labels share, and the labels without it.

  >>> short(['RigL, sparsity 90 %', 'RigL, sparsity 98 %'])
  ('RigL', ['sparsity 90 %', 'sparsity 98 %'])
  """
  parts = [label.split(', ') for label in labels]
  shared = [p for p in parts[0] if all(p in other for other in parts)]
  rest = [[p for p in label if p not in shared] for label in parts]
  if len(labels) == 1 or not all(rest):
    return '', list(labels)
  return ', '.join(shared), [', '.join(label) for label in rest]


def sentence(parts: Sequence[str]) -> str:
  """Joins the parts of a sentence by semicolons and ends it by a stop."""
  return '; '.join(parts) + '.'
