"""The data of a chart, and what charts of all kinds have in common.

A chart declares which columns of a table are drawn, and what they are called.
`draw` draws the tables of any number of calls of one analysis in one figure.
The kinds are in `lines`, `distributions`, `bars`, `maps` and `matrices`.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from jaxsparse.plotting.panels import Drawn, sentence

if TYPE_CHECKING:
  from matplotlib.figure import Figure

Table = Mapping[str, np.ndarray]
_F = TypeVar('_F', bound=Callable[..., Any])


class Input(NamedTuple):
  """The label of the runs of one kind, and their style in all figures."""

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

  @property
  def others(self) -> str:
    """The labels of the other runs."""
    return ' and '.join(one.label for one in self.inputs[1:])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart(abc.ABC):
  """The declaration of a figure.

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

  def __call__(self, function: _F) -> _F:
    """Decorates the analysis whose tables the chart draws."""
    function.chart = self  # type: ignore[attr-defined]
    return function

  @abc.abstractmethod
  def draw(self, parts: Sequence[Part]) -> Drawn:
    """Draws the tables of all calls in one figure, whose name is ''."""

  def drawn(
    self,
    figure: Figure,
    parts: Sequence[Part],
    notes: Sequence[str],
    *more: str,
  ) -> Drawn:
    """Returns a figure with its texts.

    Args:
      figure: the figure.
      parts: its data.
      notes: the items of the description.
      more: clauses after those of `caption`.
    """
    others = {part.others for part in parts}
    other = others.pop() if len(others) == 1 else 'the other run'
    caption = sentence([*self.caption, *more]).replace('{other}', other)
    alt = f'Chart: {self.title}. {self.alt}: {sentence(notes)}'
    return Drawn('', self.title, caption, alt, figure)


class Drawing(NamedTuple):
  """A chart and its data; `name` is that of its files, without a suffix."""

  name: str
  chart: Chart
  parts: tuple[Part, ...]

  def draw(self) -> Drawn:
    """Draws the figure."""
    return self.chart.draw(self.parts)._replace(name=self.name)


def groups(
  parts: Sequence[Part],
) -> dict[str, tuple[dict[str, Any], list[Table]]]:
  """Groups parts by label: label -> its style and the tables of its seeds.

  If parts also differ in the other runs, labels name these too.
  """
  several = len({part.others for part in parts}) > 1
  by_label: dict[str, tuple[dict[str, Any], list[Table]]] = {}
  for part in parts:
    label, style = part.inputs[0]
    label += f' to {part.others}' if several and part.others else ''
    by_label.setdefault(label, (dict(style), []))[1].append(part.table)
  return by_label


def texts(names: np.ndarray) -> list[str]:
  """Returns a column of names as text; numbers, floats in a file, as '%g'."""
  numbers = np.issubdtype(names.dtype, np.number)
  return [f'{name:g}' if numbers else str(name) for name in names]
