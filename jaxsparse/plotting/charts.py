"""The data of a chart, and what charts of all kinds have in common.

A chart is a declaration: which columns of a table are drawn, and how they are
called. `draw` draws the tables of any number of calls of one analysis in one
figure: `lines`, `bars`, `maps` and `members` have the kinds.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from matplotlib.figure import Figure

from jaxsparse.plotting import figures
from jaxsparse.plotting.figures import COLOURS, Series
from jaxsparse.plotting.panels import Drawn, sentence

Table = Mapping[str, np.ndarray]


class Input(NamedTuple):
  """The runs of one kind that an analysis was called with.

  Attributes:
    label: their name.
    style: the style of their lines, the same in all figures of a report.
  """

  label: str
  style: Mapping[str, Any]


class Part(NamedTuple):
  """The table of one call.

  Attributes:
    inputs: one for each kind of run; the table is about the first.
    table: columns of one length; numbers are float64.
  """

  inputs: tuple[Input, ...]
  table: Table


class Chart(Protocol):
  """The declaration of a figure."""

  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws the tables of all calls in one figure, whose name is ''."""


class Drawing(NamedTuple):
  """A chart and its data; `name` is that of its files, without a suffix."""

  name: str
  chart: Chart
  parts: tuple[Part, ...]

  def draw(self) -> Drawn:
    """Draws the figure."""
    return self.chart.draw(self.parts)._replace(name=self.name)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Captioned:
  """The texts of a chart.

  Attributes:
    title: its subject.
    caption: clauses on how to read it. `{other}` is the label of the other run
      if all parts have the same, else 'the other run'.
    alt: what its description for those who do not see it lists: 'Highest
      losses'.
  """

  title: str
  caption: tuple[str, ...]
  alt: str

  def drawn(
    self,
    figure: Figure,
    parts: Sequence[Part],
    notes: Sequence[str],
    *more: str,
  ) -> Drawn:
    """Returns the figure with its texts.

    Args:
      figure: the figure.
      parts: its data.
      notes: the items of the description.
      more: clauses after those of `caption`.
    """
    others = {_others(part) for part in parts}
    other = others.pop() if len(others) == 1 else 'the other run'
    caption = sentence([*self.caption, *more]).replace('{other}', other)
    alt = f'Chart: {self.title}. {self.alt}: {sentence(notes)}'
    return Drawn('', self.title, caption, alt, figure)


def groups(
  parts: Sequence[Part],
) -> dict[str, tuple[dict[str, Any], list[Table]]]:
  """Groups parts by label: label -> its style and the tables of its seeds.

  If parts also differ in the other runs, labels name these too.
  """
  several = len({_others(part) for part in parts}) > 1
  by_label: dict[str, tuple[dict[str, Any], list[Table]]] = {}
  for part in parts:
    label = part.inputs[0].label
    if several and len(part.inputs) > 1:
      label += f' to {_others(part)}'
    style = dict(part.inputs[0].style)
    by_label.setdefault(label, (style, []))[1].append(part.table)
  return by_label


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
  return figures.means(places, list(np.stack(values, axis=1)))


def texts(names: np.ndarray) -> list[str]:
  """Returns a column of names as text; numbers, floats in a file, as '%g'."""
  numbers = np.issubdtype(names.dtype, np.number)
  return [f'{name:g}' if numbers else str(name) for name in names]
