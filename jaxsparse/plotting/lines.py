"""Charts of lines over seeds: of columns, of their counts, of their density."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxsparse.plotting import figures, panels
from jaxsparse.plotting.charts import Captioned, Part, Table, groups, over
from jaxsparse.plotting.figures import COLOURS, Series
from jaxsparse.plotting.panels import DASHES, Drawn

_BANDS = (
  'means over seeds, bands are one sample standard deviation to each side'
)
# Points of a density, and the width of its bells as a fraction of the range.
_POINTS = 800
_WIDTH = 0.005


class _Curve(NamedTuple):
  """The data of one line.

  Attributes:
    label: of the line, '' for none.
    about: all that tells it from the others, for the description.
    style: of the line.
    column: of the tables.
    tables: one a seed.
  """

  label: str
  about: str
  style: Mapping[str, Any]
  column: str
  tables: list[Table]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Curves(Captioned):
  """What charts of lines share.

  Attributes:
    y: column -> what it is, with its unit.
    by: a column by whose values rows are split, or ''.
    names: the values of `by` -> their names.
    panels: what has a panel each: 'runs', the values of 'by', or the columns
      'y', which then may be several. The rest are lines in it.
    xlabel: the name of the x axis.
  """

  y: Mapping[str, str]
  by: str = ''
  names: Mapping[str, str] = dataclasses.field(default_factory=dict)
  panels: Literal['runs', 'by', 'y'] = 'y'
  xlabel: str = ''

  def _by_panel(self, parts: Sequence[Part]) -> dict[str, list[_Curve]]:
    by_panel: dict[str, list[_Curve]] = {}
    for column, heading in self.y.items():
      for i, (value, name) in enumerate((self.names or {'': ''}).items()):
        for label, (style, tables) in groups(parts).items():
          rows = [_where(t, self.by, value) for t in tables]
          several = [heading] if len(self.y) > 1 else []
          about = ', '.join([label, *filter(None, [name]), *several])
          curve = _Curve(label, about, style, column, rows)
          panel = {'runs': label, 'by': name, 'y': heading}[self.panels]
          if self.panels == 'runs':
            look: dict[str, Any] = {'color': style.get('color')}
            if self.by:
              look = {'color': COLOURS[i], 'linestyle': DASHES[i]}
            curve = curve._replace(label=name, style=look)
          by_panel.setdefault(panel, []).append(curve)
    return by_panel

  def _frames(
    self, titles: Sequence[str], **size: Any
  ) -> tuple[Figure, list[Axes]]:
    if self.panels != 'y':
      figure, axes = panels.multiples(titles, xlabel=self.xlabel, **size)
      figure.supylabel(*self.y.values(), fontsize=10)
    elif len(titles) == 1:
      figure, ax = panels.single()
      ax.set(xlabel=self.xlabel, ylabel=titles[0])
      axes = [ax]
    else:
      figure, axes = figures.panels(len(titles), height=3.6)
      for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title, fontsize=9, loc='left')
        ax.set_xlabel(self.xlabel)
    return figure, axes


def _where(table: Table, by: str, value: str) -> Table:
  """Returns the rows of a table whose column `by` is `value`."""
  if not by:
    return table
  rows = table[by] == value
  return {name: column[rows] for name, column in table.items()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lines(_Curves):
  """Columns against another one.

  Attributes:
    x: the column along the axis. Names are set side by side.
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

  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws a line for each kind of run."""
    by_panel = self._by_panel(parts)
    figure, axes = self._frames(list(by_panel), panel=(3.6, 2.9))
    columns = [part.table[self.x] for part in parts]
    named = columns[0].dtype.kind not in 'iuf'
    look = {'marker': 'o' if named else ''}
    if self.panels == 'runs' or not self.joined:
      look['linestyle'] = '-' if self.joined else ''
    notes = []
    for ax, curves in zip(axes, by_panel.values(), strict=True):
      means = [self._means(curve, named) for curve in curves]
      if self.log:
        figures.log_scale(ax, means)
      for curve, values in zip(curves, means, strict=True):
        style = dict(curve.style) | look
        figures.line(ax, values, label=curve.label, **style)
        notes.append(f'{curve.about}, {self._note(values):.3g}')
      if named:
        names = max(columns, key=len)
        ax.set_xticks(range(len(names)), names, rotation=30, ha='right')
    panels.figure_legend(figure, beside=False)
    return self.drawn(figure, parts, notes, _BANDS)

  def _means(self, curve: _Curve, named: bool) -> Series:
    x = curve.tables[0][self.x]
    places = np.arange(len(x)) if named else x
    return over(places, [table[curve.column] for table in curve.tables])

  def _note(self, values: Series) -> float:
    if self.noted != 'highest':
      return values.mean[0 if self.noted == 'first' else -1].item()
    low, high = self.between
    inside = (values.steps >= low) & (values.steps <= high)
    return values.mean[inside].max().item()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Density(_Curves):
  """The density of a column, a sum of bells round its values.

  Attributes:
    weight: the column of the values' weights.
  """

  weight: str

  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws a line for each kind of run, on a log axis."""
    ((column, _),) = self.y.items()
    all_values = np.concatenate([part.table[column] for part in parts])
    low, high = np.min(all_values), np.max(all_values)
    width = _WIDTH * (high - low) or 1.0
    places = np.linspace(low - 5 * width, high + 5 * width, _POINTS)

    def density(table: Table) -> np.ndarray:
      away = (places[:, None] - table[column]) / width
      bells = np.exp(-0.5 * away**2) / (width * np.sqrt(2 * np.pi))
      return bells @ table[self.weight] / np.sum(table[self.weight])

    figure, (ax,) = self._frames([*self.y.values()])
    ax.set_yscale('log')
    ax.locator_params(axis='x', nbins=5)
    top, notes = 0.0, []
    ((_, curves),) = self._by_panel(parts).items()
    for curve in curves:
      values = over(places, [density(table) for table in curve.tables])
      figures.line(ax, values, label=curve.label, **curve.style, marker='')
      top = max(top, np.max(values.mean))
      ends = [
        np.mean([end(table[column]) for table in curve.tables])
        for end in (np.min, np.max)
      ]
      notes.append(f'{curve.about}, {ends[0]:.3g} to {ends[1]:.3g}')
    # Lower values are only tails of the bells.
    ax.set_ylim(1e-6 * top, 3 * top)
    panels.figure_legend(figure, beside=False)
    bells = f'in bells of a deviation of {width:.2g}'
    return self.drawn(figure, parts, notes, bells, _BANDS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Histogram(_Curves):
  """Counts of a column's values in half decades of both signs.

  Attributes:
    linear: values within ± this are on a linear axis, others on a log one. The
      description counts those below -`linear`.
  """

  linear: float

  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws steps for each kind of run."""
    ((column, _),) = self.y.items()
    all_values = np.concatenate([part.table[column] for part in parts])
    low, high = self._places(np.array([all_values.min(), all_values.max()]))
    # Half units: whole ones are decades, and the middle one is around 0.
    edges = np.arange(np.floor(2 * low), np.ceil(2 * high) + 1) / 2
    by_panel = self._by_panel(parts)
    figure, axes = self._frames(list(by_panel), columns=2, panel=(4.4, 2.8))
    top, notes = 1.0, []
    for ax, curves in zip(axes, by_panel.values(), strict=True):
      for curve in curves:
        values = [table[column] for table in curve.tables]
        counts = np.mean(
          [np.histogram(self._places(v), edges)[0] for v in values], 0
        )
        label = curve.label or None
        ax.stairs(counts, edges, label=label, linewidth=1.6, **curve.style)
        negative = np.mean([np.sum(v < -self.linear) for v in values])
        notes.append(f'{curve.about}, {negative:.4g}')
        top = max(top, counts.max())
    for ax in axes:
      ticks = [t for t in range(-12, 13) if low <= t <= high and t % 2]
      ax.set_xticks(ticks, list(map(self._tick, ticks)))
      ax.set_yscale('symlog', linthresh=1)
      ax.set_ylim(0, 1.5 * top)
    panels.figure_legend(figure, beside=False)
    return self.drawn(
      figure,
      parts,
      notes,
      'counted in half decades, means over seeds',
      f'the axis is linear within ± {self.linear:g} and logarithmic beyond',
    )

  def _places(self, values: np.ndarray) -> np.ndarray:
    """Returns signed logarithms, linear (0 to 1) within ± `linear`."""
    size = np.abs(values) / self.linear
    outer = np.sign(values) * (1 + np.log10(np.maximum(size, 1)))
    return np.where(size <= 1, values / self.linear, outer)

  def _tick(self, place: int) -> str:
    power = round(np.log10(self.linear)) + abs(place) - 1
    return f'$\\mathregular{{{"-" if place < 0 else ""}10^{{{power}}}}}$'
