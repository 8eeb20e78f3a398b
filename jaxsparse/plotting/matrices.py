"""Charts of a number between each two of some nets."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxsparse.plotting import figures, panels
from jaxsparse.plotting.charts import Chart, Part, Table, groups, texts
from jaxsparse.plotting.panels import Drawn
from jaxsparse.plotting.styles import FONT, SMALL

if TYPE_CHECKING:
  from matplotlib.axes import Axes

# The most names along an axis.
_MOST_NAMED = 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class Matrix(Chart):
  """A square of numbers for each kind of run, means over seeds.

  Attributes:
    row: the column of the names of the rows of cells.
    column: that of the names of their columns, the same ones.
    value: that of their values.
    label: that of what a value is, alike in all rows.
    axis: what is named.
  """

  row: str
  column: str
  value: str
  label: str
  axis: str

  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws a panel for each kind of run, in one scale of colours."""
    by_label = {label: tables for label, (_, tables) in groups(parts).items()}
    grids = {name: self._grid(tables) for name, tables in by_label.items()}
    figure, axes = panels.multiples(list(grids), xlabel=self.axis, ratio=1.0)
    figure.supylabel(self.axis, fontsize=FONT)
    cells = np.concatenate([grid.ravel() for grid in grids.values()])
    look = {'vmin': np.nanmin(cells), 'vmax': np.nanmax(cells)}
    notes = []
    for ax, (label, grid) in zip(axes, grids.items(), strict=True):
      image = ax.imshow(grid, interpolation='nearest', **look)
      _name(ax, self._names(by_label[label][0]))
      apart = grid[~np.eye(len(grid), dtype=bool)]
      low, high = np.nanmin(apart), np.nanmax(apart)
      notes.append(f'{label}, {low:.3g} to {high:.3g}')
    figures.colour_bar(image, axes, texts(parts[0].table[self.label])[0])
    return self.drawn(figure, parts, notes, 'means over seeds')

  def _names(self, table: Table) -> list[str]:
    return list(dict.fromkeys(texts(table[self.row])))

  def _grid(self, tables: Sequence[Table]) -> np.ndarray:
    at = {name: i for i, name in enumerate(self._names(tables[0]))}
    rows, columns = (
      [at[name] for name in texts(tables[0][of])]
      for of in (self.row, self.column)
    )
    grid = np.full((len(at), len(at)), np.nan)
    grid[rows, columns] = np.mean([t[self.value] for t in tables], axis=0)
    return grid


def _name(ax: Axes, names: Sequence[str]) -> None:
  """Names the rows and columns of cells, the last and as many as have room."""
  last = len(names) - 1
  step = max(1, round(last / (_MOST_NAMED - 1)))
  # The last name, a word, needs more room.
  room = 0.15 * last if last > _MOST_NAMED else 0
  places = [*(i for i in range(0, last, step) if last - i > room), last]
  named: dict[str, Any] = {
    'ticks': places,
    'labels': [names[i] for i in places],
    'fontsize': SMALL,
  }
  ax.set_xticks(**named)
  ax.set_yticks(**named)
  ax.grid(visible=False)
