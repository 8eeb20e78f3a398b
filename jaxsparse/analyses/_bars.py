"""Bar charts over names without an order: layers, classes, pairs of nets."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jaxsparse.analyses import _looks
from jaxsparse.plotting import figures, looks
from jaxsparse.results.findings import Part, Table

CAPTION = 'means over seeds, whiskers are one sample standard deviation'
# The most bars of a panel that has another beside it.
_MOST_BARS = 30
# The most letters, of all names of a panel together, for horizontal names.
_MOST_LETTERS = 50
# The most names that fit at a slant.
_MOST_SLANTED = 20
# Rows of one colour in a report differ in dashes; their bars in these hatches.
_HATCHES = dict(zip(looks.DASHES, ('', '///', '...', 'xx'), strict=True))

Shown = dict[str, dict[str, np.ndarray]]


def bars(
  parts: Sequence[Part],
  column: str,
  panels: Mapping[str, str],
  *,
  marks: Mapping[str, str] | None = None,
) -> tuple[Figure, list[str], Shown]:
  """Draws a panel for each of some columns, with a bar per name and group.

  Args:
    parts: the data, values >= 0; bars are means over the seeds of a group.
    column: of their tables, with the names.
    panels: other columns -> the titles of their panels.
    marks: some of these -> the column that a line on each bar shows.

  Returns:
    The figure, the names [n], and the means [n] by group and panel, NaN where
    a group has no value.
  """
  groups = _looks.groups(parts)
  names = list(
    dict.fromkeys(n for part in parts for n in texts(part.table[column]))
  )
  figure, axes = _frames(len(panels), len(names) * len(groups))
  width = 0.8 / len(groups)
  means_of: Shown = {label: {} for label in groups}
  for ax, (panel, title) in zip(axes, panels.items(), strict=True):
    for i, (label, (style, tables)) in enumerate(groups.items()):
      places = np.arange(len(names)) + width * (i + 0.5) - 0.4
      mean, std = _over(tables, column, panel, names)
      means_of[label][panel] = mean
      ax.bar(places, mean, width, label=label, **_look(style))
      if np.any(std > 0):
        ax.errorbar(places, mean, std, fmt='none', ecolor='0.3', elinewidth=1)
      if marks and panel in marks:
        at, _ = _over(tables, column, marks[panel], names)
        ax.hlines(at, places - width / 2, places + width / 2, color='black')
    _name(ax, names, title)
  looks.figure_legend(figure, beside=False)
  return figure, names, means_of


def _frames(count: int, in_each: int) -> tuple[Figure, list[Axes]]:
  """Creates two panels side by side, or one below another if there are more.

  Panels with many bars are placed below one another, too.
  """
  if count <= 2 and in_each <= _MOST_BARS:
    return figures.panels(count, height=3.6)
  figure = Figure(figsize=(10.4, 2.6 * count + 1.2), layout='constrained')
  axes = list(figure.subplots(count, 1, squeeze=False)[:, 0])
  for ax in axes:
    figures.plain(ax)
  return figure, axes


def _over(
  tables: Sequence[Table], column: str, panel: str, names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
  """Returns means and sample standard deviations over tables, each [n]."""
  rows = []
  for table in tables:
    values = np.asarray(table[panel], np.float64)
    by_name = dict(zip(texts(table[column]), values.tolist(), strict=True))
    rows.append([by_name.get(name, np.nan) for name in names])
  # Bars of infinite height cannot be drawn.
  finite = np.where(np.isfinite(rows), rows, np.nan)
  with warnings.catch_warnings():
    # Raised for a name that no table has a number for, whose mean is NaN.
    warnings.simplefilter('ignore', RuntimeWarning)
    return np.nanmean(finite, 0), np.nanstd(finite, 0, ddof=1)


def texts(names: np.ndarray) -> list[str]:
  """Returns a column of names as text; numbers, floats in a file, as '%g'."""
  numbers = np.issubdtype(names.dtype, np.number)
  return [f'{name:g}' if numbers else str(name) for name in names]


def _look(style: Mapping[str, Any]) -> dict[str, Any]:
  return {
    'color': style.get('color'),
    'hatch': _HATCHES.get(style.get('linestyle', '-'), ''),
    'edgecolor': 'white',
    'linewidth': 0.4,
  }


def _name(ax: Axes, names: Sequence[str], title: str) -> None:
  ax.set_xlim(-0.6, len(names) - 0.4)
  ax.set_ylim(bottom=0)
  turned: dict[str, Any] = {}
  if len(names) > _MOST_SLANTED:
    turned = {'rotation': 90}
  elif sum(map(len, names)) > _MOST_LETTERS:
    turned = {'rotation': 30, 'ha': 'right'}
  ax.set_xticks(range(len(names)), names, fontsize=8, **turned)
  ax.set_title(title, fontsize=9, loc='left')
  ax.grid(visible=False, axis='x')
