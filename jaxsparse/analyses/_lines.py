"""Losses on paths through weight space: tables, and curves to draw."""

from collections.abc import Mapping, Sequence

import numpy as np

from jaxsparse.analyses import _looks
from jaxsparse.analysis.landscape import Line
from jaxsparse.plotting.figures import Series
from jaxsparse.results.findings import Table


def table(lines: Mapping[str, Line], *, by: str) -> Table:
  """Concatenates the values of `lines` into one table.

  Args:
    lines: name -> line, with the values `loss` and `error`.
    by: the column of the names.
  """
  all_lines = list(lines.values())
  return {
    by: np.repeat(list(lines), [len(line.alphas) for line in all_lines]),
    'alpha': np.concatenate([line.alphas for line in all_lines]),
    **{
      name: np.concatenate([line.values[name] for line in all_lines])
      for name in ('loss', 'error')
    },
  }


def losses(tables: Sequence[Table], *, by: str, which: str) -> Series:
  """Returns the loss on the line `which` against alpha, over seeds."""
  rows = [t[by] == which for t in tables]
  loss = [t['loss'][r] for t, r in zip(tables, rows, strict=True)]
  return _looks.over(tables[0]['alpha'][rows[0]], loss)
