"""Charts of how values are distributed: their density, and their counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from jaxsparse.plotting import figures
from jaxsparse.plotting.charts import Part
from jaxsparse.plotting.lines import BANDS, CurveChart, LabelledCurve, over

if TYPE_CHECKING:
  from matplotlib.axes import Axes

# Points of a density, and the width of its bells as a fraction of the range.
_POINTS = 800
_WIDTH = 0.005


@dataclasses.dataclass(frozen=True, kw_only=True)
class Density(CurveChart):
  """The density of a column on a log axis, a sum of bells round its values.

  Attributes:
    weight: the column of the values' weights.
  """

  weight: str

  def _plot(
    self, ax: Axes, curves: Sequence[LabelledCurve], parts: Sequence[Part]
  ) -> list[str]:
    low, high, width = self._range(parts)
    places = np.linspace(low - 5 * width, high + 5 * width, _POINTS)
    ax.set_yscale('log')
    ax.locator_params(axis='x', nbins=5)
    top, notes = 0.0, []
    for curve in curves:
      densities, ends = [], []
      for table in curve.tables:
        values, weights = table[curve.column], table[self.weight]
        bells = np.exp(-0.5 * ((places[:, None] - values) / width) ** 2)
        area = width * np.sqrt(2 * np.pi) * np.sum(weights)
        densities.append(bells @ weights / area)
        ends.append((np.min(values), np.max(values)))
      means = over(places, densities)
      figures.line(ax, means, label=curve.label, **curve.style, marker='')
      top = max(top, np.max(means.mean))
      notes.append('{:.3g} to {:.3g}'.format(*np.mean(ends, 0)))
    # Lower values are only tails of the bells.
    ax.set_ylim(1e-6 * top, 3 * top)
    return notes

  def _range(self, parts: Sequence[Part]) -> tuple[float, float, float]:
    """Returns the lowest and highest value, and the width of the bells."""
    (column,) = self.y
    values = np.concatenate([part.table[column] for part in parts])
    low, high = np.min(values), np.max(values)
    return low, high, _WIDTH * (high - low) or 1.0

  def _clauses(self, parts: Sequence[Part]) -> tuple[str, ...]:
    return f'in bells of a deviation of {self._range(parts)[2]:.2g}', BANDS


@dataclasses.dataclass(frozen=True, kw_only=True)
class Histogram(CurveChart):
  """Counts of a column's values in half decades of both signs.

  Attributes:
    linear: values within ± this are on a linear axis, others on a log one. The
      description counts those below -`linear`.
  """

  linear: float
  _size: ClassVar[dict[str, Any]] = {'columns': 2, 'ratio': 0.64}

  def _plot(
    self, ax: Axes, curves: Sequence[LabelledCurve], parts: Sequence[Part]
  ) -> list[str]:
    (column,) = self.y
    places = self._places(np.concatenate([p.table[column] for p in parts]))
    # Half units: whole ones are decades, and the middle one is around 0.
    low, high = np.floor(2 * places.min()), np.ceil(2 * places.max())
    edges = np.arange(low, high + 1) / 2
    ticks = [t for t in range(-12, 13) if low <= 2 * t <= high and t % 2]
    ax.set_xticks(ticks, list(map(self._tick, ticks)))
    ax.set_yscale('symlog', linthresh=1)
    notes = []
    for curve in curves:
      values = [table[column] for table in curve.tables]
      counts = np.mean(
        [np.histogram(self._places(v), edges)[0] for v in values], 0
      )
      label = curve.label or None
      ax.stairs(counts, edges, label=label, linewidth=1.2, **curve.style)
      top = 1.5 * max(1.0, counts.max())
      ax.set_ylim(0, max(top, ax.get_ylim()[1]))
      negative = np.mean([np.sum(v < -self.linear) for v in values])
      notes.append(f'{negative:.4g}')
    return notes

  def _clauses(self, parts: Sequence[Part]) -> tuple[str, ...]:
    beyond = f'within ± {self.linear:g} and logarithmic beyond'
    counted = 'counted in half decades, means over seeds'
    return counted, f'the axis is linear {beyond}'

  def _places(self, values: np.ndarray) -> np.ndarray:
    """Returns signed logarithms, linear (0 to 1) within ± `linear`."""
    size = np.abs(values) / self.linear
    outer = np.sign(values) * (1 + np.log10(np.maximum(size, 1)))
    return np.where(size <= 1, values / self.linear, outer)

  def _tick(self, place: int) -> str:
    power = round(np.log10(self.linear)) + abs(place) - 1
    return f'$\\mathregular{{{"-" if place < 0 else ""}10^{{{power}}}}}$'
