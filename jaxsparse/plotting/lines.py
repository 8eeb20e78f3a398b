"""Charts of lines over seeds."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np

from jaxsparse.plotting import figures, panels
from jaxsparse.plotting.axes import name_ticks
from jaxsparse.plotting.charts import Chart, Part, Table, groups, texts
from jaxsparse.plotting.figures import Series
from jaxsparse.plotting.panels import Drawn
from jaxsparse.plotting.styles import DASHES, DOUBLE, FONT, by_index, shades

if TYPE_CHECKING:
  from matplotlib.axes import Axes
  from matplotlib.figure import Figure

_SPREAD = 'one sample standard deviation to each side'
BANDS = f'means over seeds, bands are {_SPREAD}'
_WHISKERS = f'means over seeds, whiskers are {_SPREAD}'


class LabelledCurve(NamedTuple):
  """A line: its label, its place in the description, and a table a seed."""

  label: str
  about: str
  style: Mapping[str, Any]
  column: str
  tables: list[Table]


def over(places: np.ndarray, values: Sequence[np.ndarray]) -> Series:
  """Returns means over seeds of `values`, each [n], at `places` [n]."""
  return figures.means(places, list(np.stack(values, axis=1)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class CurveChart(Chart):
  """What charts of lines share.

  Attributes:
    y: column -> what it is, with its unit.
    by: a column by whose values rows are split, or ''.
    names: the values of `by` that are drawn -> their names; by default all
      numbers in the column, in shades from dark to light.
    panels: what has a panel each: 'runs', the values of 'by', or the columns
      'y', which then may be several. The rest are lines in it.
    xlabel: the name of the x axis.
  """

  y: Mapping[str, str]
  by: str = ''
  names: Mapping[Any, str] = dataclasses.field(default_factory=dict)
  panels: Literal['runs', 'by', 'y'] = 'y'
  xlabel: str = ''
  _size: ClassVar[dict[str, Any]] = {'ratio': 0.8}

  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws the lines of all panels."""
    by_panel = self._by_panel(parts)
    figure, axes = self._frames(list(by_panel))
    notes: list[str] = []
    for ax, curves in zip(axes, by_panel.values(), strict=True):
      noted = zip(curves, self._plot(ax, curves, parts), strict=True)
      notes += [f'{curve.about}, {note}' for curve, note in noted]
    panels.figure_legend(figure)
    return self.drawn(figure, parts, notes, *self._clauses(parts))

  @abc.abstractmethod
  def _plot(
    self, ax: Axes, curves: Sequence[LabelledCurve], parts: Sequence[Part]
  ) -> list[str]:
    """Draws a panel; returns a note on each curve."""

  def _clauses(self, parts: Sequence[Part]) -> tuple[str, ...]:
    del parts
    return (BANDS,)

  def _by_panel(self, parts: Sequence[Part]) -> dict[str, list[LabelledCurve]]:
    by_panel: dict[str, list[LabelledCurve]] = {}
    names = self.names or self._numbers(parts)
    looks = self._looks(len(names))
    for column, heading in self.y.items():
      for own, (value, name) in zip(looks, names.items(), strict=True):
        for label, (style, tables) in groups(parts).items():
          panel = {'runs': label, 'by': name, 'y': heading}[self.panels]
          line = label if self.panels == 'by' else f'{label}, {name}'
          line, look = line.removesuffix(', '), style
          if self.panels == 'runs':
            line, look = name, own or {'color': style.get('color')}
          about = [label, name, heading if len(self.y) > 1 else '']
          rows = [_where(table, self.by, value) for table in tables]
          by_panel.setdefault(panel, []).append(
            LabelledCurve(
              line, ', '.join(filter(None, about)), look, column, rows
            )
          )
    return by_panel

  def _numbers(self, parts: Sequence[Part]) -> dict[Any, str]:
    """Returns the values of `by` in all tables, with their names."""
    if not self.by:
      return {'': ''}
    values = np.unique(np.concatenate([p.table[self.by] for p in parts]))
    return {value: f'{self.by} {value:g}' for value in values.tolist()}

  def _looks(self, number: int) -> list[dict[str, Any]]:
    """Returns the looks of the lines of a run, by the values of `by`."""
    if not self.by:
      return [{}]
    if not self.names:
      return [{'color': colour} for colour in shades(number)]
    return [
      by_index(i) | {'linestyle': DASHES[i % len(DASHES)]}
      for i in range(number)
    ]

  def _frames(self, titles: Sequence[str]) -> tuple[Figure, list[Axes]]:
    if self.panels != 'y':
      look = {'xlabel': self.xlabel, **self._size}
      figure, axes = panels.multiples(titles, **look)
      figure.supylabel(*self.y.values(), fontsize=FONT)
      return figure, axes
    if len(titles) == 1:
      figure, ax = panels.single()
      axes = [ax]
    else:
      figure, axes = figures.panels(len(titles), height=2.4)
    for ax, title in zip(axes, titles, strict=True):
      if len(titles) > 1:
        panels.heading(ax, title, figure.get_figwidth() / len(titles))
      else:
        ax.set_ylabel(title)
      ax.set_xlabel(self.xlabel)
    return figure, axes


def _where(table: Table, by: str, value: Any) -> Table:
  """Returns the rows of a table whose column `by` is `value`."""
  rows = table[by] == value if by else slice(None)
  return {name: column[rows] for name, column in table.items()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lines(CurveChart):
  """Columns against another one.

  Attributes:
    x: the column along the axis. Names are set side by side; at numbers,
      ascending, that seeds do not share, their values are interpolated.
    log: whether the y axis is logarithmic.
    joined: whether values are joined; without, they are markers.
    noted: which value of each line the description lists.
    between: the range of x of the highest values that it lists.
  """

  x: str
  log: bool = False
  joined: bool = True
  noted: Literal['highest', 'first', 'last'] = 'highest'
  between: tuple[float, float] = (-np.inf, np.inf)

  def _plot(
    self, ax: Axes, curves: Sequence[LabelledCurve], parts: Sequence[Part]
  ) -> list[str]:
    columns = [part.table[self.x] for part in parts]
    named = columns[0].dtype.kind not in 'iuf'
    look = {'marker': 'o' if named else ''}
    if self.panels == 'runs' or not self.joined:
      look['linestyle'] = '-' if self.joined else ''
    means = [self._means(curve, named) for curve in curves]
    if self.log:
      figures.log_scale(ax, means)
    for i, (curve, values) in enumerate(zip(curves, means, strict=True)):
      if named and not self.joined:  # Side by side.
        aside = 0.6 * ((i + 0.5) / len(means) - 0.5)
        values = values._replace(steps=values.steps + aside)
      figures.line(ax, values, label=curve.label, **dict(curve.style) | look)
    if named:
      names = max(columns, key=len)
      name_ticks(ax, texts(names), DOUBLE / max(2, len(self.y)))
    return [f'{self._note(values):.3g}' for values in means]

  def _clauses(self, parts: Sequence[Part]) -> tuple[str, ...]:
    return super()._clauses(parts) if self.joined else (_WHISKERS,)

  def _means(self, curve: LabelledCurve, named: bool) -> Series:
    x = curve.tables[0][self.x]
    values = [table[curve.column] for table in curve.tables]
    if named:
      return over(np.arange(len(x)), values)
    return over(
      x,
      [
        v if np.array_equal(t[self.x], x) else np.interp(x, t[self.x], v)
        for t, v in zip(curve.tables, values, strict=True)
      ],
    )

  def _note(self, values: Series) -> float:
    if self.noted != 'highest':
      return values.mean[0 if self.noted == 'first' else -1].item()
    low, high = self.between
    inside = (values.steps >= low) & (values.steps <= high)
    return values.mean[inside].max().item()
