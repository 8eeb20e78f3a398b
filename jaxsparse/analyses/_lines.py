"""Losses on ways through weight space: their table, and what is drawn of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from jaxsparse.analyses import _looks
from jaxsparse.analysis.landscape import Line
from jaxsparse.plotting.figures import Series
from jaxsparse.results.findings import Table


def table(lines: Mapping[str, Line], *, by: str) -> Table:
  """All of `lines`, one after the other.

  Args:
    lines: by name, with the values `loss` and `error`.
    by: the column of the names.
  """
  every = list(lines.values())
  return {
    by: np.repeat(list(lines), [len(line.alphas) for line in every]),
    'alpha': np.concatenate([line.alphas for line in every]),
    **{
      name: np.concatenate([line.values[name] for line in every])
      for name in ('loss', 'error')
    },
  }


def losses(tables: Sequence[Table], *, by: str, which: str) -> Series:
  """The loss on one of the lines against alpha, over tables of seeds."""
  rows = [t[by] == which for t in tables]
  loss = [t['loss'][r] for t, r in zip(tables, rows, strict=True)]
  return _looks.over(tables[0]['alpha'][rows[0]], loss)
