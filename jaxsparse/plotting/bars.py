"""Bar charts over names without an order: layers, classes, pairs of nets."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxsparse.plotting import figures, panels
from jaxsparse.plotting.axes import name_ticks
from jaxsparse.plotting.charts import Chart, Part, Table, groups, texts
from jaxsparse.plotting.panels import Drawn, heading
from jaxsparse.plotting.styles import DASHES, DOUBLE

if TYPE_CHECKING:
  from matplotlib.axes import Axes
  from matplotlib.figure import Figure

# The most bars of a panel that has another beside it.
_MOST_BARS = 30
# The most names of which a description has all values.
_MOST_LISTED = 3
# Rows of one colour in a report differ in dashes; their bars in these hatches.
_HATCHES = dict(zip(DASHES, ('', '///', '...', 'xx'), strict=True))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bars(Chart):
  """A panel for each of some columns, with a bar per name and kind of run.

  Attributes:
    x: the column of the names.
    y: other columns, of values >= 0 -> the titles of their panels. The
      description lists the highest of the first, or all of three or fewer.
    marks: some of these -> the column that a line on each bar shows.
    top: the upper end of the y axes; by default as the bars need.
    most: at most so many names, those of the highest bars in the first panel.
  """

  x: str
  y: Mapping[str, str]
  marks: Mapping[str, str] = dataclasses.field(default_factory=dict)
  top: float | None = None
  most: int | None = None

  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws means over seeds, with a deviation to each side."""
    by_label = groups(parts)
    every = dict.fromkeys(n for p in parts for n in texts(p.table[self.x]))
    names = self._highest(parts, list(every))
    figure, axes, room = _frames(len(self.y), len(names) * len(by_label))
    width = 0.8 / len(by_label)
    notes = []
    for i, (label, (style, tables)) in enumerate(by_label.items()):
      places = np.arange(len(names)) + width * (i + 0.5) - 0.4
      for ax, panel in zip(axes, self.y, strict=True):
        mean, std = self._over(tables, panel, names)
        ax.bar(places, mean, width, label=label, **_look(style))
        if np.any(std > 0):
          ax.errorbar(places, mean, std, fmt='none', ecolor='0.3', elinewidth=1)
        if panel in self.marks:
          at, _ = self._over(tables, self.marks[panel], names)
          ax.hlines(at, places - width / 2, places + width / 2, color='black')
        if ax is axes[0]:
          notes.append(f'{label}, {_note(names, mean)}')
    for ax, title in zip(axes, self.y.values(), strict=True):
      if len(axes) > 1:
        heading(ax, title, room)
      else:
        ax.set_ylabel(title)
      ax.set_ylim(0, self.top)
      ax.set_xlim(-0.6, len(names) - 0.4)
      name_ticks(ax, names, room, len(axes) if room == DOUBLE else 1)
      ax.grid(visible=False, axis='x')
    panels.figure_legend(figure)
    cut = [f'the {len(names)} highest of {len(every)} are drawn']
    return self.drawn(
      figure,
      parts,
      notes,
      *(cut if len(names) < len(every) else ()),
      'means over seeds, whiskers are one sample standard deviation',
    )

  def _highest(self, parts: Sequence[Part], names: list[str]) -> list[str]:
    """Returns the names with the highest bars in the first panel, in order."""
    if self.most is None or len(names) <= self.most:
      return names
    mean, _ = self._over([p.table for p in parts], next(iter(self.y)), names)
    highest = np.argsort(-mean, kind='stable')[: self.most]
    return [names[i] for i in sorted(highest)]

  def _over(
    self, tables: Sequence[Table], column: str, names: Sequence[str]
  ) -> tuple[np.ndarray, np.ndarray]:
    """Returns means and sample standard deviations over tables, each [n]."""
    rows = []
    for table in tables:
      values = np.asarray(table[column], np.float64)
      by_name = dict(zip(texts(table[self.x]), values.tolist(), strict=True))
      rows.append([by_name.get(name, np.nan) for name in names])
    # Bars of infinite height cannot be drawn.
    finite = np.where(np.isfinite(rows), rows, np.nan)
    with warnings.catch_warnings():
      # Raised for a name that no table has a number for, whose mean is NaN.
      warnings.simplefilter('ignore', RuntimeWarning)
      return np.nanmean(finite, 0), np.nanstd(finite, 0, ddof=1)


def _frames(count: int, in_each: int) -> tuple[Figure, list[Axes], float]:
  """Creates two panels side by side, or one below another if there are more.

  Panels with many bars are placed below one another, too. The last is the width
  of a panel.
  """
  if count <= 2 and in_each <= _MOST_BARS:
    figure, axes = figures.panels(count, height=2.4)
    return figure, axes, figure.get_figwidth() / count
  from matplotlib.figure import Figure

  figure = Figure(figsize=(DOUBLE, 1.7 * count + 0.6), layout='constrained')
  axes = list(figure.subplots(count, 1, squeeze=False)[:, 0])
  for ax in axes:
    figures.plain(ax)
  return figure, axes, DOUBLE


def _look(style: Mapping[str, Any]) -> dict[str, Any]:
  return {
    'color': style.get('color'),
    'hatch': _HATCHES.get(style.get('linestyle', '-'), ''),
    'edgecolor': 'white',
    'linewidth': 0.4,
  }


def _note(names: Sequence[str], values: np.ndarray) -> str:
  if len(names) > _MOST_LISTED:
    highest = int(np.nanargmax(values))
    return f'highest {names[highest]}, {values[highest]:.3g}'
  pairs = zip(names, values, strict=True)
  return ', '.join(f'{name} {value:.3g}' for name, value in pairs)
