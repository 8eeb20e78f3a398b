"""Plot of a comparison: a metric against a config field or the step."""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jaxsparse.plotting import figures
from jaxsparse.plotting.axes import by_density, value_axis
from jaxsparse.plotting.lines import BANDS
from jaxsparse.plotting.panels import figure_legend
from jaxsparse.plotting.styles import by_method
from jaxsparse.report.compare.tables import ComparedRuns, values
from jaxsparse.results import metrics
from jaxsparse.results.names import (
  axis_name,
  capital,
  field_name,
  is_number,
  is_sparsity,
  label,
)
from jaxsparse.runs import workdir
from jaxsparse.training import metrics as records_lib

_METHOD = 'updater.name'


def draw(
  groups: Sequence[ComparedRuns], metric: str, curve: str, folder: pathlib.Path
) -> list[pathlib.Path]:
  """Writes `plot` to a folder, as PNG, SVG and PDF, with its caption.

  Where the groups differ in one numeric field, plots the metric against it,
  with a line for each combination of the other fields; else the curves of the
  groups.

  Args:
    groups: from `tables.grouped`.
    metric: of a summary.
    curve: an entry of `metrics.jsonl`.
    folder: must exist.

  Returns:
    The paths.

  Raises:
    ValueError: no finished run has the entry `curve`, or its file cannot be
      read.
  """
  figure, (ax,) = figures.panels(1)
  numeric = numeric_fields(groups)
  against = len(numeric) == 1
  if against:
    _against(ax, groups, numeric[0], metric)
  else:
    _curves(ax, groups, curve)
  if len(ax.get_legend_handles_labels()[0]) > 1:
    figure_legend(figure)
  shown = metrics.metric(metric if against else curve).label
  along = field_name(numeric[0]) if against else 'step'
  caption = f'{capital(shown)} against {along}. {capital(BANDS)}.'
  return figures.save_all(figure, folder / 'plot', caption)


def numeric_fields(groups: Sequence[ComparedRuns]) -> list[str]:
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


def _against(
  ax: Axes, groups: Sequence[ComparedRuns], field: str, name: str
) -> None:
  # Label -> value of the field, `None` for a level line -> numbers.
  lines: dict[str, dict[Any, list[float]]] = {}
  methods: dict[str, str] = {}
  for group in groups:
    key = dict(group.key)
    x = key.pop(field)
    if numbers := values(group, name):
      name_of_line = label(tuple(key.items()))
      methods[name_of_line] = str(key.get(_METHOD, ''))
      line = lines.setdefault(name_of_line, {})
      line[None if _is_level(field, x) else x] = numbers
  every = [x for line in lines.values() for x in line if x is not None]
  places = list(dict.fromkeys(every))
  at = value_axis(ax, places, sparsity=is_sparsity(field)) if places else []
  place = dict(zip(places, at, strict=True))
  levels_last = sorted(lines, key=lambda one: set(lines[one]) == {None})
  looks = by_method([methods[one] for one in levels_last])
  for one, look in zip(levels_last, looks, strict=True):
    level = lines[one].pop(None, None)
    if lines[one]:
      x = np.asarray([place[value] for value in lines[one]], np.float64)
      series = figures.means(x, [*lines[one].values()])
      figures.line(ax, series, label=one, **look)
    if level is not None:
      style = look | {'label': None if lines[one] else one}
      series = figures.means(np.zeros(1), [level])
      figures.level(ax, series, **style | {'linestyle': ':'})
  dense = bool(places) and is_sparsity(field) and by_density(places)
  _name_axes(ax, 'density (%)' if dense else axis_name(field), name)


def _curves(ax: Axes, groups: Sequence[ComparedRuns], entry: str) -> None:
  scale = metrics.metric(entry).scale
  looks = by_method([str(group.key.get(_METHOD, '')) for group in groups])
  for group, look in zip(groups, looks, strict=True):
    records = [r for run in group.finished for r in _records(run.root)]
    series = figures.scaled(figures.series(records, entry), scale)
    figures.line(ax, series, label=group.label, **look)
  if not ax.lines:
    raise ValueError(f'--curve: no finished run recorded {entry!r}')
  _name_axes(ax, 'step', entry)
  ax.set_xlim(left=0)


def _name_axes(ax: Axes, xlabel: str, name: str) -> None:
  ax.set(xlabel=xlabel, ylabel=metrics.metric(name).heading)


def _records(root: pathlib.Path) -> list[figures.Record]:
  path = root / workdir.METRICS
  try:
    return records_lib.read(path)
  except OSError as error:
    raise ValueError(f'{path} cannot be read: {error.strerror}') from None
