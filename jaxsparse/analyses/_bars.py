"""Bars over names that no way leads along: layers, classes, pairs of nets."""

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
# Bars that fit in a panel with another beside it.
_MOST_BARS = 30
# Of all names of a panel together, that stand upright.
_MOST_LETTERS = 50
# Names that find room at a slant.
_MOST_SLANTED = 20
# Rows that share a colour in a report differ in dashes; their bars in these.
_HATCHES = dict(zip(looks.DASHES, ('', '///', '...', 'xx'), strict=True))

Shown = dict[str, dict[str, np.ndarray]]


def bars(
  parts: Sequence[Part],
  column: str,
  panels: Mapping[str, str],
  *,
  marks: Mapping[str, str] | None = None,
) -> tuple[Figure, list[str], Shown]:
  """A panel for each of some columns, with a bar for each name and group.

  Args:
    parts: what is drawn, means over the seeds of a group; >= 0.
    column: of their tables, with the names.
    panels: other columns, and what they are called.
    marks: for some of these, the column that a line on each bar shows.

  Returns:
    The figure, the names [n], and what it shows: by group and panel the means
    [n], NaN where there is none.
  """
  groups = _looks.groups(parts)
  names = list(
    dict.fromkeys(n for part in parts for n in texts(part.table[column]))
  )
  figure, axes = _frames(len(panels), len(names) * len(groups))
  width = 0.8 / len(groups)
  shown: Shown = {label: {} for label in groups}
  for ax, (panel, title) in zip(axes, panels.items(), strict=True):
    for i, (label, (style, tables)) in enumerate(groups.items()):
      places = np.arange(len(names)) + width * (i + 0.5) - 0.4
      mean, std = _over(tables, column, panel, names)
      shown[label][panel] = mean
      ax.bar(places, mean, width, label=label, **_look(style))
      if np.any(std > 0):
        ax.errorbar(places, mean, std, fmt='none', ecolor='0.3', elinewidth=1)
      if marks and panel in marks:
        at, _ = _over(tables, column, marks[panel], names)
        ax.hlines(at, places - width / 2, places + width / 2, color='black')
    _name(ax, names, title)
  looks.figure_legend(figure, beside=False)
  return figure, names, shown


def _frames(count: int, in_each: int) -> tuple[Figure, list[Axes]]:
  """Two panels side by side, or any below one another that hold many bars."""
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
  """Means over tables and sample standard deviations, [n]."""
  found = []
  for table in tables:
    values = np.asarray(table[panel], np.float64)
    own = dict(zip(texts(table[column]), values.tolist(), strict=True))
    found.append([own.get(name, np.nan) for name in names])
  # Bars of infinite height cannot be drawn.
  every = np.where(np.isfinite(found), found, np.nan)
  with warnings.catch_warnings():
    # Of a name that no table has a number for, which is NaN in turn.
    warnings.simplefilter('ignore', RuntimeWarning)
    return np.nanmean(every, 0), np.nanstd(every, 0, ddof=1)


def texts(names: np.ndarray) -> list[str]:
  """Names of a table's column; of numbers, which a file has as floats, too."""
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
