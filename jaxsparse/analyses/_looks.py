"""Helpers of the figures of analyses."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import ticker
from matplotlib.figure import Figure

from jaxsparse.plotting import figures, looks
from jaxsparse.plotting.figures import COLOURS, Series, means
from jaxsparse.results.findings import Part, Table

Group = tuple[dict[str, Any], list[Table]]


def groups(parts: Sequence[Part]) -> dict[str, Group]:
  """Groups parts by label: label -> its style and the tables of its seeds.

  If parts also differ in the other runs, labels name these too.
  """
  several = len({_others(part) for part in parts}) > 1
  by_label: dict[str, Group] = {}
  for part in parts:
    label = part.inputs[0].label
    if several and len(part.inputs) > 1:
      label += f' to {_others(part)}'
    by_label.setdefault(label, (dict(part.inputs[0].style), []))[1].append(
      part.table
    )
  return by_label


def others(parts: Sequence[Part]) -> str:
  """Returns the label of the other run if it is one, else 'the other run'."""
  names = {_others(part) for part in parts}
  return names.pop() if len(names) == 1 else 'the other run'


def _others(part: Part) -> str:
  return ' and '.join(one.label for one in part.inputs[1:])


def colours(part: Part) -> list[str]:
  """Returns a colour per input: the report's if distinct, else default ones."""
  styled = [one.style.get('color', '') for one in part.inputs]
  if len(set(styled)) == len(styled) and '' not in styled:
    return styled
  return [COLOURS[i % len(COLOURS)] for i in range(len(styled))]


def over(places: np.ndarray, values: Sequence[np.ndarray]) -> Series:
  """Returns means over seeds of `values`, each [n], at `places` [n]."""
  return means(places, list(np.stack(values, axis=1)))


def by_layer(
  parts: Sequence[Part], column: str, panels: Mapping[str, str], **style: Any
) -> tuple[Figure, list[tuple[str, Series]]]:
  """Draws a panel for each of some columns, over the layers in `column`.

  Args:
    parts: the data.
    column: of their tables, with the names of the layers.
    panels: other columns -> the titles of their panels.
    style: overrides the style of the groups.

  Returns:
    The figure, and the means shown, each with its name 'group, panel'.
  """
  figure, axes = figures.panels(len(panels), height=3.6)
  several = groups(parts)
  names = max((part.table[column] for part in parts), key=len)
  described = []
  for ax, (values, title) in zip(axes, panels.items(), strict=True):
    curves = {
      label: over(
        np.arange(len(tables[0][column])), [t[values] for t in tables]
      )
      for label, (_, tables) in several.items()
    }
    figures.log_scale(ax, list(curves.values()))
    for label, curve in curves.items():
      look = several[label][0] | style
      figures.line(ax, curve, label=label, **look, marker='o')
      described.append((f'{label}, {title}', curve))
    ax.set_xticks(range(len(names)), names, rotation=30, ha='right')
    ax.set_title(title, fontsize=9, loc='left')
  looks.figure_legend(figure, beside=False)
  return figure, described


def locator() -> ticker.Locator:
  """Returns the tick locator of an axis that is not in steps."""
  return ticker.MaxNLocator(5)


def symlog(values: Iterable[float], linear: float) -> np.ndarray:
  """Returns signed logarithms, linear (0 to 1) within ± `linear`."""
  values = np.asarray(values, np.float64)
  inside = np.abs(values) <= linear
  outer = 1 + np.log10(np.maximum(np.abs(values), linear) / linear)
  return np.where(inside, values / linear, np.sign(values) * outer)
