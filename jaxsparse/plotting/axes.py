"""An x axis with a labelled tick at each value of a config field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxsparse.plotting.styles import SMALL

if TYPE_CHECKING:
  from matplotlib.axes import Axes

# Numbers whose ratio is this or more get a log axis.
_WIDE = 20
# The least inches of a name at a slant, and letters an inch of others.
_SLANTED, _LETTERS = 0.3, 14
# The least height of a panel but for upright names, in inches.
_LEAST = 1.9
# Of sparsities above this, the axis has densities.
_HIGH = 0.9
# Labels nearer than this fraction of the axis would overlap.
_NEAR = 0.08


def value_axis(
  ax: Axes, values: Sequence[Any], *, sparsity: bool = False
) -> list[float]:
  """Scales and labels the x axis for `values`; returns their positions.

  Sparsities are drawn by the number of active weights, on a log scale: 90 %,
  99 % and 99.9 % are equally far apart, and `by_density` says whether labels
  are densities. Other positive numbers over a wide
  range get a log scale, and other values are set side by side.

  Args:
    ax: the axes to change.
    values: distinct values.
    sparsity: whether they are fractions of zeros, in [0, 1).

  Returns:
    The x of each of `values`.
  """
  from matplotlib import ticker

  numbers = all(_is_number(v) for v in values)
  places = [float(v) if numbers else float(i) for i, v in enumerate(values)]
  if numbers and sparsity:
    ax.set_xscale('function', functions=(_decades, _fraction))
    dense = by_density(values)
    labels = [f'{100 * (1 - v if dense else v):.10g}' for v in values]
  else:
    labels = [f'{v:.10g}' if isinstance(v, float) else str(v) for v in values]
    if numbers and min(places) > 0 and max(places) >= _WIDE * min(places):
      ax.set_xscale('log')
  ax.xaxis.set_major_locator(ticker.FixedLocator(sorted(places)))
  ax.xaxis.set_minor_locator(ticker.NullLocator())
  pairs = sorted(zip(places, labels, strict=True))
  labelled = _apart(ax, [place for place, _ in pairs])
  ax.xaxis.set_major_formatter(
    ticker.FixedFormatter(
      [label if i in labelled else '' for i, (_, label) in enumerate(pairs)]
    )
  )
  return places


def name_ticks(
  ax: Axes, names: Sequence[str], room: float, rows: int = 1
) -> None:
  """Sets names side by side below an axis, turned if there are many or long.

  Paths lose a last part that all share. The figure grows with upright names.

  Args:
    ax: the axes, with things at 0, 1 ...
    names: of these.
    room: the width of the panel in inches.
    rows: of panels of the figure.
  """
  turned: dict[str, Any] = {}
  if len({name.rpartition('/')[2] for name in names}) == 1 < len(names):
    names = [name.rpartition('/')[0] or name for name in names]
  if room < _SLANTED * len(names):
    turned = {'rotation': 90}
    least = _LEAST + max(map(len, names)) / _LETTERS
    if (figure := ax.get_figure(root=True)) is not None:
      figure.set_figheight(max(figure.get_figheight(), rows * least))
  elif sum(map(len, names)) > _LETTERS * room:
    turned = {'rotation': 30, 'ha': 'right', 'rotation_mode': 'anchor'}
  ax.set_xticks(range(len(names)), names, fontsize=SMALL, **turned)


def by_density(values: Sequence[Any]) -> bool:
  """Returns whether sparsities are high: densities are easier to read then."""
  return all(map(_is_number, values)) and max(values) > _HIGH


def _is_number(value: Any) -> bool:
  return isinstance(value, int | float) and not isinstance(value, bool)


def _decades(sparsity: np.ndarray) -> np.ndarray:
  """Returns -log10 of the density."""
  density = np.maximum(1 - np.asarray(sparsity, np.float64), 1e-12)
  return -np.log10(density)


def _fraction(decades: np.ndarray) -> np.ndarray:
  return 1 - 10.0 ** -np.asarray(decades, np.float64)


def _apart(ax: Axes, places: Sequence[float]) -> set[int]:
  """Selects, from the last, the ascending `places` that labels fit at."""
  at = ax.xaxis.get_transform().transform(np.asarray(places))
  span = at[-1] - at[0] or 1.0
  chosen = [len(places) - 1]
  for i in range(len(places) - 2, -1, -1):
    if (at[chosen[-1]] - at[i]) / span >= _NEAR:
      chosen.append(i)
  return set(chosen)
