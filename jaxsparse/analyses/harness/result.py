"""The result of an analysis of finished runs, and its table as CSV.

An analysis is a function of runs, in `jaxsparse.analyses` or anywhere.
`<name>(workdirs, **options)` takes single runs, and `<name>(pools, **options)`
several runs of each kind together. It returns a `Result`, or a mapping of
numbers where there is no table. A chart decorates it where there is something
to draw:

  @Lines(title='Loss', ..., x='step', y={'loss': 'loss (nats)'})
  def losses(workdirs):
    return Result({'last_loss': ...}, {'step': ..., 'loss': ...})
"""

import csv
import dataclasses
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxsparse.plotting.charts import Chart, Table

Function = Callable[..., Any]
# A plain number, or the `results.statistics.spread` of several; a number of
# several runs together may have that of `jackknife` beside its mean.
Number = float | dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Result:
  """The result of one call of an analysis.

  Attributes:
    numbers: metric -> number; NaN where undefined.
    table: the data of the figure: columns of one length, numbers or text; a
      mapping or a DataFrame.
    text: printed by `launch.analyze`; not saved.
  """

  numbers: Mapping[str, Any]
  table: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  text: str = ''

  def __post_init__(self) -> None:
    """Converts numbers to floats, and columns to arrays."""
    numbers = {
      str(name): value if isinstance(value, dict) else float(value)
      for name, value in self.numbers.items()
    }
    table = {str(name): np.asarray(c) for name, c in self.table.items()}
    object.__setattr__(self, 'numbers', numbers)
    object.__setattr__(self, 'table', table)


def chart_of(function: Function) -> Chart | None:
  """Returns the chart that decorates an analysis, `None` without one."""
  return getattr(function, 'chart', None)


def to_csv(table: Mapping[str, Any]) -> str:
  """Formats a table as the text of a CSV file; floats have all digits."""
  import pandas as pd

  return pd.DataFrame(table).to_csv(index=False, lineterminator='\n')


def from_csv(text: str) -> Table:
  """Parses the output of `to_csv`; columns of numbers are float64."""
  heading, *rows = csv.reader(io.StringIO(text))
  columns = zip(*rows, strict=True) if rows else [()] * len(heading)
  return {n: _column(c) for n, c in zip(heading, columns, strict=True)}


def _column(cells: Sequence[str]) -> np.ndarray:
  try:
    return np.asarray([float(cell) for cell in cells])
  except ValueError:
    return np.asarray(cells)
