"""Plot of a comparison: a metric against a config field or the step."""

import pathlib
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from jaxsparse.plotting import figures
from jaxsparse.plotting.axes import value_axis
from jaxsparse.plotting.panels import DASHES, figure_legend
from jaxsparse.report.compare.tables import Group, is_number, values
from jaxsparse.results import metrics, names
from jaxsparse.results.names import (
  axis_name,
  capital,
  is_sparsity,
)
from jaxsparse.runs import workdir
from jaxsparse.training import metrics as records_lib

_SIZE = (8, 4.5)

# An x value, and the values of the metric there.
Point = tuple[float, list[float]]


def draw(
  groups: Sequence[Group], metric: str, curve: str, folder: pathlib.Path
) -> list[pathlib.Path]:
  """Writes `plot.png` and `plot.svg` to a folder.

  Where the groups differ in one numeric field, plots the metric against it,
  with a line for each combination of the other fields; else the curves of the
  groups.

  Args:
    groups: from `tables.grouped`.
    metric: of a summary.
    curve: an entry of `metrics.jsonl`.
    folder: must exist.

  Returns:
    The two paths.

  Raises:
    ValueError: no finished run has the entry `curve`, or its file cannot be
      read.
  """
  figure, (ax,) = figures.panels(1)
  figure.set_size_inches(*_SIZE)
  numeric = numeric_fields(groups)
  if len(numeric) == 1:
    _against(ax, groups, numeric[0], metric)
  else:
    _curves(ax, groups, curve)
  if len(ax.get_legend_handles_labels()[0]) > 1:
    figure_legend(figure, beside=True)
  return figures.save_both(figure, folder / 'plot')


def numeric_fields(groups: Sequence[Group]) -> list[str]:
  """Returns the fields of the key with several values, all of them numbers."""
  fields = []
  for field in groups[0].key:
    held = {group.key[field] for group in groups}
    held = {value for value in held if not _is_level(field, value)}
    if len(held) > 1 and all(map(is_number, held)):
      fields.append(field)
  return fields


def _is_level(field: str, value: object) -> bool:
  """Returns whether a value is a baseline: `None`, or a sparsity of 0.

  Baselines are drawn as horizontal lines.
  """
  return value is None or (value == 0 and is_sparsity(field))


def _against(ax: Axes, groups: Sequence[Group], field: str, name: str) -> None:
  lines: dict[str, list[Point]] = {}
  levels: dict[str, list[float]] = {}
  for group in groups:
    key = dict(group.key)
    x, values_at = key.pop(field), values(group, name)
    label = names.label(tuple(key.items()))
    if values_at and _is_level(field, x):
      levels[label] = values_at
    elif values_at:
      lines.setdefault(label, []).append((x, values_at))
  places = list(dict.fromkeys(x for line in lines.values() for x, _ in line))
  at = value_axis(ax, places, sparsity=is_sparsity(field)) if places else []
  place = dict(zip(places, at, strict=True))
  look = {label: _look(i) for i, label in enumerate(lines | levels)}
  for label, points in lines.items():
    moved = [(place[x], values_at) for x, values_at in points]
    figures.line(ax, _series(moved), label=label, **look[label])
  for label, values_at in levels.items():
    shown_as = None if label in lines else label
    level = figures.means(np.zeros(1), [values_at])
    style = {**look[label], 'linestyle': ':'}
    figures.level(ax, level, label=shown_as, **style)
  displayed = metrics.metric(name)
  ax.set(xlabel=axis_name(field), ylabel=displayed.heading)
  ax.set_title(f'{capital(displayed.label)}, mean ± sd')


def _series(points: Sequence[Point]) -> figures.Series:
  ys = [values for _, values in points]
  return figures.means(np.asarray([x for x, _ in points], np.float64), ys)


def _curves(ax: Axes, groups: Sequence[Group], entry: str) -> None:
  displayed = metrics.metric(entry)
  for i, group in enumerate(groups):
    records = [r for run in group.finished for r in _records(run.root)]
    series = figures.scaled(figures.series(records, entry), displayed.scale)
    figures.line(ax, series, label=group.label, **_look(i))
  if not ax.lines:
    raise ValueError(f'--curve: no finished run recorded {entry!r}')
  ax.set(xlabel='step', ylabel=displayed.heading)
  ax.set_title(f'{capital(displayed.label)}, mean ± sd')
  ax.set_xlim(left=0)


def _records(root: pathlib.Path) -> list[figures.Record]:
  path = root / workdir.METRICS
  try:
    return records_lib.read(path)
  except OSError as error:
    raise ValueError(f'{path} cannot be read: {error.strerror}') from None


def _look(i: int) -> dict[str, str]:
  count = len(figures.COLOURS)
  return {
    'color': figures.COLOURS[i % count],
    'linestyle': DASHES[i // count % len(DASHES)],
  }
