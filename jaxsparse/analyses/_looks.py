"""What the figures of analyses share."""

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
  """By label its style and the tables of its seeds.

  Where parts are about different others too, the others are in the labels.
  """
  several = len({_others(part) for part in parts}) > 1
  found: dict[str, Group] = {}
  for part in parts:
    label = part.inputs[0].label
    if several and len(part.inputs) > 1:
      label += f' to {_others(part)}'
    found.setdefault(label, (dict(part.inputs[0].style), []))[1].append(
      part.table
    )
  return found


def others(parts: Sequence[Part]) -> str:
  """What the runs are held against: its name where it is one."""
  names = {_others(part) for part in parts}
  return names.pop() if len(names) == 1 else 'the other run'


def _others(part: Part) -> str:
  return ' and '.join(one.label for one in part.inputs[1:])


def colours(part: Part) -> list[str]:
  """Of each input: those of the report, unless two are alike in that."""
  own = [one.style.get('color', '') for one in part.inputs]
  if len(set(own)) == len(own) and '' not in own:
    return own
  return [COLOURS[i % len(COLOURS)] for i in range(len(own))]


def over(places: np.ndarray, values: Sequence[np.ndarray]) -> Series:
  """Means over seeds along `places` [n], of `values` [n] each."""
  return means(places, list(np.stack(values, axis=1)))


def by_layer(
  parts: Sequence[Part], column: str, panels: Mapping[str, str], **style: Any
) -> tuple[Figure, list[tuple[str, Series]]]:
  """A panel for each of some columns, over the layers that `column` names.

  Args:
    parts: what is drawn.
    column: of their tables, with the names.
    panels: other columns, and what they are called.
    style: in place of that of the groups.

  Returns:
    The figure, and what it shows: 'group, panel' and the means.
  """
  figure, axes = figures.panels(len(panels), height=3.6)
  several = groups(parts)
  names = max((part.table[column] for part in parts), key=len)
  said = []
  for ax, (values, title) in zip(axes, panels.items(), strict=True):
    shown = {
      label: over(
        np.arange(len(tables[0][column])), [t[values] for t in tables]
      )
      for label, (_, tables) in several.items()
    }
    figures.log_scale(ax, list(shown.values()))
    for label, found in shown.items():
      look = several[label][0] | style
      figures.line(ax, found, label=label, **look, marker='o')
      said.append((f'{label}, {title}', found))
    ax.set_xticks(range(len(names)), names, rotation=30, ha='right')
    ax.set_title(title, fontsize=9, loc='left')
  looks.figure_legend(figure, beside=False)
  return figure, said


def locator() -> ticker.Locator:
  """Ticks of an axis that is no count of steps."""
  return ticker.MaxNLocator(5)


def symlog(values: Iterable[float], linear: float) -> np.ndarray:
  """Signed logarithms: linear within `linear`, where it is 0 to 1."""
  values = np.asarray(values, np.float64)
  inside = np.abs(values) <= linear
  outer = 1 + np.log10(np.maximum(np.abs(values), linear) / linear)
  return np.where(inside, values / linear, np.sign(values) * outer)
