"""What came out of a study: what its report is written from."""

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
    summary: the content of its `summary.json`, with the numbers that analyses
      gave and those that the study asks for of its records; `None` where it
      is not done.
    error: why it is not done, one line; '' where it is.
    note: what a reader must know of it ('carried by vmap ...'), or ''.
    kind: 'done'; 'refused', where its config is; 'failed', where training
      did; 'blocked', where the machine kept it from its end (a busy directory,
      a full disk), so that the same command may yet finish it. One that starts
      from another that is not done shares its kind.
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
    value: as in a summary, not yet in shown units.
    std: its spread, where the measurement has one of its own.
    n: of how many members it is.
    parts: what each contributes, by the jackknife, if that is known: numbers
      whose mean is `value` and whose interval is its own.
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
    versions: `(package, version)` of what the members were made with, and the
      machine: ('jax', '0.10.2'), ('device', 'cpu x 2') ...
    pooled: numbers of rows by metric, of pooled analyses.
    drawings: figures of what analyses found.
  """

  study: Study
  name: str
  members: tuple[MemberResult, ...]
  command: str
  versions: tuple[tuple[str, str], ...]
  pooled: Mapping[Row, Mapping[str, Pooled]] = {}
  drawings: tuple[Drawing, ...] = ()

  def of(self, row: Row) -> Sequence[MemberResult]:
    """The members of a row, by seed."""
    return [member for member in self.members if member.row == row]
