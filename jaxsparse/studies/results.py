"""Results of a study, from which its report is written."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from jaxsparse.results.findings import Drawing
from jaxsparse.studies.spec import Row, Study

Kind = Literal['done', 'refused', 'failed', 'blocked']


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
    note: what a reader must know of it ('carried by vmap ...'), or ''.
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


class Results(NamedTuple):
  """A study that has been run.

  Attributes:
    study: as it was run, with overrides from the command line.
    name: a short one, for titles and logs ('digits_init').
    members: every one, in the order of rows, then seeds.
    command: what to type to run it again.
    versions: `(package, version)` of the software of the members, and the
      machine: ('jax', '0.10.2'), ('device', 'cpu x 2') ...
    pooled: numbers of rows by metric, of pooled analyses.
    drawings: figures of analyses.
  """

  study: Study
  name: str
  members: tuple[MemberResult, ...]
  command: str
  versions: tuple[tuple[str, str], ...]
  pooled: Mapping[Row, Mapping[str, Pooled]] = {}
  drawings: tuple[Drawing, ...] = ()

  def of(self, row: Row) -> Sequence[MemberResult]:
    """Returns the members of a row, by seed."""
    return [member for member in self.members if member.row == row]
