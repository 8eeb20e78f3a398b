"""Rows of a table, and the numbers of their members."""

import pathlib
from typing import Any, Literal, NamedTuple

Point = tuple[tuple[str, Any], ...]
Kind = Literal['done', 'refused', 'failed', 'blocked']


class Row(NamedTuple):
  """A row of the table: a run at one point of its grid.

  Attributes:
    run: the name of the run.
    point: `(field, value)` for each field of the grid, in its order.
  """

  run: str
  point: Point = ()


class MemberResult(NamedTuple):
  """One member: a row's config with one seed.

  Attributes:
    row: of the table.
    seed: of the member.
    root: its workdir; `None` where it never had one.
    summary: the content of its `summary.json`, with the numbers of analyses
      and those of its records that the study uses; `None` where it is not
      done.
    error: why it is not done, one line; '' where it is.
    note: what a reader must know of it ('trained by vmap ...'), or ''.
    kind: 'done'; 'refused', where its config is; 'failed', where training
      did; 'blocked', where the machine prevented its end (a busy directory, a
      full disk), so that the same command may yet finish it. One that starts
      from another that is not done has the kind of that one.
  """

  row: Row
  seed: int
  root: pathlib.Path | None
  summary: dict[str, Any] | None
  error: str = ''
  note: str = ''
  kind: Kind = 'done'


class Pooled(NamedTuple):
  """A number that was measured on several members of a row together.

  Attributes:
    value: as in a summary, not in displayed units.
    std: its spread, where the measurement yields one.
    n: how many members it was measured on.
    parts: the contribution of each by the jackknife, where known: numbers
      whose mean is `value` and whose confidence interval is that of `value`.
  """

  value: float
  std: float | None
  n: int
  parts: tuple[float, ...] = ()
