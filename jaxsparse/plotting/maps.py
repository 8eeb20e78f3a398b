"""Charts in two dimensions: grids of cells, nets in a plane, ensembles."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxsparse.plotting import figures, panels
from jaxsparse.plotting.charts import Chart, Part, Table, groups, texts
from jaxsparse.plotting.panels import Drawn, heading
from jaxsparse.plotting.styles import COLOURS, SMALL

if TYPE_CHECKING:
  from matplotlib.axes import Axes

_MARKERS = 'os^Dv*PX'
# The most members of a heat map with numbers, and of an axis with all names.
_MOST_WRITTEN, _MOST_NAMED = 10, 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeatMap(Chart):
  """A grid of cells for each kind of run, means over seeds; 0 is grey.

  Attributes:
    row: the column of the rows of cells.
    column: that of their columns.
    value: that of their values, >= 0.
    label: what a value is.
    cells: what a cell is; the description counts those above 0.
  """

  row: str
  column: str
  value: str
  label: str
  cells: str

  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws a panel for each kind of run, in one scale of colours."""
    by_label = groups(parts)
    grids = {
      label: self._grid(tables) for label, (_, tables) in by_label.items()
    }
    figure, axes = panels.multiples(list(grids), columns=4, ratio=1.0)
    highest = max(np.max(grid) for grid in grids.values())
    notes = []
    for ax, (label, grid) in zip(axes, grids.items(), strict=True):
      visible = np.where(grid > 0, grid, np.nan)
      image = ax.imshow(visible, vmin=0, vmax=highest, interpolation='nearest')
      count = np.mean([np.sum(t[self.value] > 0) for t in by_label[label][1]])
      of = f'{count:,.4g} of {grid.size:,}'
      ax.set(xlabel=f'{of} {self.cells}', xticks=[], yticks=[])
      ax.set_facecolor('#E0E0E0')
      ax.grid(visible=False)
      notes.append(f'{label} {of}')
    figures.colour_bar(image, axes, self.label)
    return self.drawn(figure, parts, notes, 'means over seeds')

  def _grid(self, tables: Sequence[Table]) -> np.ndarray:
    rows, columns = (
      tables[0][name].astype(int) for name in (self.row, self.column)
    )
    grid = np.zeros((rows.max() + 1, columns.max() + 1))
    grid[rows, columns] = np.mean([t[self.value] for t in tables], axis=0)
    return grid


@dataclasses.dataclass(frozen=True, kw_only=True)
class Moves(Chart):
  """Where each run starts and ends in a plane, in two rows of a table each.

  Attributes:
    x: a column.
    y: another one.
    by: the column of the index of the runs' kind.
  """

  x: str
  y: str
  by: str

  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws a panel per part: starts hollow, ends filled, joined by lines."""
    figure, axes = figures.panels(len(parts), height=3.0)
    notes = []
    for ax, part in zip(axes, parts, strict=True):
      ax.set(aspect='equal', adjustable='datalim')
      if len(parts) > 1:
        width = figure.get_figwidth() / len(parts)
        heading(ax, part.inputs[0].label, width)
      distinct = len({i.style.get('color') for i in part.inputs})
      for number, (label, style) in enumerate(part.inputs):
        colour = style.get('color')
        if distinct < len(part.inputs) or not colour:
          colour = COLOURS[number % len(COLOURS)]
        marker = _MARKERS[number % len(_MARKERS)]
        look: dict[str, Any] = {
          'color': colour,
          'marker': marker,
          'markersize': 4,
          'ls': '',
        }
        rows = part.table[self.by] == number
        x, y = (
          part.table[name][rows].reshape(-1, 2) for name in (self.x, self.y)
        )
        ax.plot(x.T, y.T, color=colour, linewidth=0.6, alpha=0.5)
        ax.plot(x[:, 0], y[:, 0], markerfacecolor='none', **look)
        ax.plot(x[:, 1], y[:, 1], label=label, **look)
        notes.append(f'{label} ({len(x)})')
    panels.figure_legend(figure)
    return self.drawn(figure, parts, notes)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ensembles(Chart):
  """Members of ensembles, one a row: a score, and a measure between each two.

  Attributes:
    member: the column of their names.
    score: the column of a fraction of each.
    whole: the column of that of the ensemble, in every row.
    between: the beginning of the names of the columns of the measure: `with_1`,
      `with_2` ... in the order of the rows.
    headings: of the two panels.
  """

  member: str
  score: str
  whole: str
  between: str
  headings: tuple[str, str]

  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws scores, and a matrix of one ensemble or all pairs of several."""
    paired = any(len(part.table[self.member]) > 1 for part in parts)
    figure, axes = figures.panels(1 + paired, height=2.6)
    notes = []
    for i, part in enumerate(parts):
      (label, style), table = part.inputs[0], part.table
      score, whole = table[self.score], table[self.whole][0]
      between = self._matrix(table)
      pairs = between[np.triu_indices(len(between), 1)]
      for ax, values in zip(axes, (100 * score, pairs), strict=False):
        if ax is axes[0] or len(parts) > 1:
          name = 'a member' if ax is axes[0] else ''
          places = _places(i, len(values))
          colour = style.get('color')
          ax.plot(places, values, 'o', color=colour, markersize=3, label=name)
      ends = i - 0.4, i + 0.4
      axes[0].hlines(100 * whole, *ends, color='black', label='the ensemble')
      mean = f'its members {np.mean(score):.4g} in the mean'
      notes.append(f'{label} {whole:.4g}, {mean}')
    if len(parts) == 1:
      self._name_members(axes, parts[0].table)
    for ax, text in zip(axes, self.headings, strict=False):
      heading(ax, text, figure.get_figwidth() / len(axes))
      if len(parts) > 1:
        names = [part.inputs[0].label for part in parts]
        turned: dict[str, Any] = {'rotation': 30, 'ha': 'right'}
        ax.set_xticks(range(len(names)), names, fontsize=SMALL, **turned)
        ax.set_ylim(bottom=None if ax is axes[0] else 0)
    panels.figure_legend(figure)
    return self.drawn(figure, parts, notes)

  def _matrix(self, table: Table) -> np.ndarray:
    """Returns the measure between each two members, [m, m]."""
    columns = range(1, len(table[self.member]) + 1)
    return np.stack([table[f'{self.between}{i}'] for i in columns], axis=1)

  def _name_members(self, axes: Sequence[Axes], table: Table) -> None:
    """Names the members of one ensemble, and draws the matrix beside."""
    between, names = self._matrix(table), texts(table[self.member])
    # All members, if there is room.
    named = np.arange(0, len(names), -(-len(names) // _MOST_NAMED))
    axes[0].set_xticks(_places(0, len(names))[named], named + 1, fontsize=6)
    axes[0].set_xlabel('member')
    for ax in axes[1:]:
      image = ax.imshow(between, vmin=0, interpolation='nearest')
      ax.set_xticks(named, named + 1, fontsize=SMALL)
      ax.set_yticks(
        named, [f'{i + 1} {names[i]}' for i in named], fontsize=SMALL
      )
      ax.grid(visible=False)
      figures.colour_bar(image, [ax], '')
      look: dict[str, Any] = {'ha': 'center', 'va': 'center', 'fontsize': 6}
      for (i, j), value in np.ndenumerate(between):
        if len(names) <= _MOST_WRITTEN:
          colour = 'white' if value < between.max() / 2 else 'black'
          ax.text(j, i, f'{value:.3f}', color=colour, **look)


def _places(column: int, count: int) -> np.ndarray:
  """Returns the x of dots side by side in a column of width 1."""
  return column + 0.7 * ((np.arange(count) + 0.5) / count - 0.5)
