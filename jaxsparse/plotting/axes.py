"""An x axis of the values of a config field, each labelled as it is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes

# Numbers whose ratio is this or more get a log axis.
_WIDE = 20
# Labels nearer than this share of the axis would run into one another.
_NEAR = 0.055


def value_axis(
  ax: Axes, values: Sequence[Any], *, sparsity: bool = False
) -> list[float]:
  """Readies the x axis for `values` and says where each lies.

  Sparsities are drawn against the number of weights that are left, on a log
  scale: 90 %, 99 % and 99.9 % lie equally far apart. Other positive numbers
  over a wide range get a log scale, and what is no number is set side by side.

  Args:
    ax: whose x axis.
    values: different from one another.
    sparsity: whether they are fractions of zeros, in [0, 1).

  Returns:
    The x of each of `values`.
  """
  numbers = all(_is_number(v) for v in values)
  places = [float(v) if numbers else float(i) for i, v in enumerate(values)]
  if numbers and sparsity:
    ax.set_xscale('function', functions=(_decades, _fraction))
    labels = [f'{100 * v:.10g}' for v in values]
  else:
    labels = [f'{v:.10g}' if isinstance(v, float) else str(v) for v in values]
    if numbers and min(places) > 0 and max(places) >= _WIDE * min(places):
      ax.set_xscale('log')
  ax.xaxis.set_major_locator(ticker.FixedLocator(sorted(places)))
  ax.xaxis.set_minor_locator(ticker.NullLocator())
  pairs = sorted(zip(places, labels, strict=True))
  shown = _apart(ax, [place for place, _ in pairs])
  ax.xaxis.set_major_formatter(
    ticker.FixedFormatter(
      [label if i in shown else '' for i, (_, label) in enumerate(pairs)]
    )
  )
  return places


def _is_number(value: Any) -> bool:
  return isinstance(value, int | float) and not isinstance(value, bool)


def _decades(sparsity: np.ndarray) -> np.ndarray:
  """-log10 of the fraction that is left."""
  left = np.maximum(1 - np.asarray(sparsity, np.float64), 1e-12)
  return -np.log10(left)


def _fraction(decades: np.ndarray) -> np.ndarray:
  return 1 - 10.0 ** -np.asarray(decades, np.float64)


def _apart(ax: Axes, places: Sequence[float]) -> set[int]:
  """Which of the ascending `places` can be labelled, the last one first."""
  at = ax.xaxis.get_transform().transform(np.asarray(places))
  span = at[-1] - at[0] or 1.0
  kept = [len(places) - 1]
  for i in range(len(places) - 2, -1, -1):
    if (at[kept[-1]] - at[i]) / span >= _NEAR:
      kept.append(i)
  return set(kept)
