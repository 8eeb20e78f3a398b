"""Elements of all plots: series over runs, panels, bands.

Lines are means over runs, bands one sample standard deviation to each
side. A run that failed counts up to its failure.
"""

from __future__ import annotations

import io
import math
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from jaxsparse.plotting.styles import DOUBLE, FONT, SINGLE, SMALL

if TYPE_CHECKING:
  from matplotlib.axes import Axes
  from matplotlib.figure import Figure
  from matplotlib.image import AxesImage

_MOST_MARKED = 10
# Of a figure that is kept: for screens, for pages, and for print.
FORMS = ('png', 'svg', 'pdf')
# No time or software name: files of equal figures are equal.
_NO_METADATA: dict[str, dict[str, Any]] = {
  'png': {'Software': None},
  'svg': {'Date': None, 'Creator': None},
  'pdf': {'CreationDate': None, 'Creator': None, 'Producer': None},
}

Record = dict[str, Any]


class Series(NamedTuple):
  """One measurement over a run; each field is an array `[points]`.

  Attributes:
    steps: those with at least one finite value, ascending.
    mean: over the runs with a finite value at the step.
    std: sample standard deviation, 0 for a single value.
    low: the lowest value.
  """

  steps: np.ndarray
  mean: np.ndarray
  std: np.ndarray
  low: np.ndarray


def series(records: Sequence[Record], name: str, path: str = '') -> Series:
  """Returns the values of entry `name` over the steps.

  Args:
    records: of `metrics.jsonl`; those without the entry are skipped.
    name: of the entry.
    path: the leaf path of the value, where the entry is a mapping by path.
  """
  by_step: dict[int, list[float]] = {}
  for record in records:
    value = record.get(name)
    if path:
      value = (value or {}).get(path)
    if value is not None and math.isfinite(value):
      by_step.setdefault(record['step'], []).append(value)
  steps = sorted(by_step)
  return means(np.asarray(steps, np.int64), [by_step[step] for step in steps])


def means(places: np.ndarray, values: Sequence[ArrayLike]) -> Series:
  """Returns a series along `places` [n], of one or more values at each."""
  arrays = [np.asarray(v, np.float64) for v in values]
  return Series(
    places,
    np.asarray([np.mean(v) for v in arrays]),
    np.asarray([np.std(v, ddof=1) if len(v) > 1 else 0.0 for v in arrays]),
    np.asarray([np.min(v) for v in arrays]),
  )


def scaled(values: Series, scale: float) -> Series:
  """Returns `values` times `scale`, the factor to another unit."""
  return Series(values.steps, *(scale * v for v in values[1:]))


def save(figure: Figure, path: pathlib.Path) -> None:
  """Writes a PNG, SVG or PDF, by the suffix; creates the folder if needed."""
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_bytes(encoded(figure, path.suffix[1:]))


def encoded(figure: Figure, form: str) -> bytes:
  """Renders a figure to the bytes of a file, equal for equal figures.

  Args:
    figure: to be drawn.
    form: one of `FORMS`.
  """
  import matplotlib as mpl

  out = io.BytesIO()
  # Without a salt the ids in an SVG are random. Publishers want TrueType.
  with mpl.rc_context({'svg.hashsalt': 'jaxsparse', 'pdf.fonttype': 42}):
    figure.savefig(out, format=form, dpi=200, metadata=_NO_METADATA[form])
  return out.getvalue()


def save_all(
  figure: Figure, stem: pathlib.Path, caption: str
) -> list[pathlib.Path]:
  """Writes `stem` in all `FORMS`, and its caption to `stem`.txt.

  Files of equal figures are bitwise equal.
  """
  paths = [stem.with_name(f'{stem.name}.{form}') for form in FORMS]
  for path in paths:
    save(figure, path)
  text = stem.with_name(f'{stem.name}.txt')
  text.write_text(f'{caption}\n', encoding='utf-8')
  return [*paths, text]


def panels(count: int, *, height: float = 2.5) -> tuple[Figure, list[Axes]]:
  """Creates panels side by side: one in a column's width, more in a page's.

  Args:
    count: of panels.
    height: of the figure, in inches.
  """
  from matplotlib.figure import Figure

  width = SINGLE if count == 1 else DOUBLE
  figure = Figure(figsize=(width, height), layout='constrained')
  axes = list(figure.subplots(1, count, squeeze=False)[0])
  for ax in axes:
    plain(ax)
  return figure, axes


def plain(ax: Axes) -> None:
  """Draws a faint grid, spines at the left and below only, in print size."""
  ax.spines[['top', 'right']].set_visible(False)
  ax.spines[['left', 'bottom']].set_linewidth(0.6)
  ax.grid(color='0.9', linewidth=0.5)
  ax.tick_params(labelsize=SMALL, width=0.6, length=2.5)
  for label in (ax.xaxis.label, ax.yaxis.label):
    label.set_fontsize(FONT)
  ax.set_axisbelow(True)


def log_scale(ax: Axes, lines: Sequence[Series]) -> None:
  """Sets a log y axis, labelled within a decade too, in plain numbers.

  It stays linear if `lines`, the series to draw on it, have no mean above 0.
  """
  from matplotlib import ticker

  if not any(np.any(values.mean > 0) for values in lines):
    return
  ax.set_yscale('log')
  ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
  ax.yaxis.set_major_formatter('{x:g}')
  ax.yaxis.set_minor_locator(ticker.NullLocator())


def line(ax: Axes, values: Series, **style: Any) -> None:
  """Draws a line of means with its band; of markers alone, with whiskers."""
  if values.steps.size == 0:
    return
  marker = 'o' if values.steps.size <= _MOST_MARKED else ''
  look: dict[str, Any] = {'linewidth': 1.2, 'marker': marker, 'markersize': 3}
  (drawn,) = ax.plot(values.steps, values.mean, **look | style)
  if not np.any(values.std > 0):
    return
  low = lower_edge(ax, values)
  if drawn.get_linestyle() == 'None':
    spread = values.mean - low, values.std
    look = {'fmt': 'none', 'ecolor': drawn.get_color(), 'elinewidth': 0.7}
    ax.errorbar(values.steps, values.mean, spread, **look)
  else:
    ax.fill_between(
      values.steps,
      low,
      values.mean + values.std,
      color=drawn.get_color(),
      alpha=0.18,
      linewidth=0,
    )


def level(ax: Axes, value: Series, **style: Any) -> None:
  """Draws a mean with its band across the x axis, on which it has no value."""
  if value.steps.size == 0:
    return
  look: dict[str, Any] = {'linewidth': 1.1}
  drawn = ax.axhline(value.mean.item(), **look | style)
  if value.std.item() > 0:
    ax.axhspan(
      lower_edge(ax, value).item(),
      (value.mean + value.std).item(),
      color=drawn.get_color(),
      alpha=0.12,
      linewidth=0,
    )


def lower_edge(ax: Axes, values: Series) -> np.ndarray:
  """Returns the lower edge of the band of `values`, `[points]`.

  On a log axis it is cut at the lowest run, as the mean less one standard
  deviation may be below 0; and a decade below the mean where that is 0.
  """
  below = values.mean - values.std
  if ax.get_yscale() != 'log':
    return below
  lowest = np.where(values.low > 0, values.low, values.mean / 10)
  return np.maximum(below, lowest)


def colour_bar(image: AxesImage, axes: Sequence[Axes], label: str) -> None:
  """Adds the scale of an image's colours beside some axes."""
  bar = axes[0].figure.colorbar(image, ax=list(axes), shrink=0.8)
  bar.set_label(label, fontsize=FONT)
  bar.ax.tick_params(labelsize=SMALL)
