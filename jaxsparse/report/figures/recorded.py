"""Curves of the entries that a study's members recorded, row by row."""

import functools
import itertools
import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jaxsparse import storage
from jaxsparse.plotting import figures
from jaxsparse.plotting.figures import Record, Series
from jaxsparse.results import metrics, quantities
from jaxsparse.results.rows import MemberResult, Row
from jaxsparse.runs import workdir
from jaxsparse.studies.results import Results
from jaxsparse.studies.spec import Curves
from jaxsparse.training import metrics as records


class RecordedCurve(NamedTuple):
  """An entry of a row's members over the steps, in displayed units.

  Attributes:
    mean: over the seeds that have a value at a step.
    seeds: one curve a seed.
  """

  mean: Series
  seeds: tuple[Series, ...]


def read(
  results: Results, entry: str, runs: Sequence[str] = ()
) -> dict[Row, RecordedCurve]:
  """Reads the curves of an entry, for the rows whose members recorded it.

  Args:
    results: of the study.
    entry: of `metrics.jsonl`, or the difference of two.
    runs: names of those that are read; all where it is empty.

  Raises:
    ValueError: a `metrics.jsonl` cannot be read.
  """
  # A study can have a thousand members: their files are read once for all
  # figures, and what none draws is dropped.
  drawn = (f.entry for f in results.study.figures if isinstance(f, Curves))
  names = tuple(dict.fromkeys([*drawn, entry]))
  curves = {}
  for row in results.study.rows():
    if row.run in runs or not runs:
      members = [_records(member, names) for member in results.of(row)]
      curve = _curve(members, entry)
      if curve.mean.steps.size:
        curves[row] = curve
  return curves


def until(
  curves: Mapping[Row, RecordedCurve], last: int | None
) -> dict[Row, RecordedCurve]:
  """Cuts curves off after a step; those that begin later are left out."""

  def cut(values: Series) -> Series:
    within = values.steps <= (math.inf if last is None else last)
    return Series(*(part[within] for part in values))

  shorter = {
    row: RecordedCurve(
      cut(mean), tuple(s for one in seeds if (s := cut(one)).steps.size)
    )
    for row, (mean, seeds) in curves.items()
  }
  return {row: curve for row, curve in shorter.items() if curve.mean.steps.size}


def file_of(member: MemberResult) -> pathlib.Path | None:
  """Returns the `metrics.jsonl` of a member; `None` where it has none."""
  path = member.root and member.root / workdir.METRICS
  return path if path and path.exists() else None


def _records(member: MemberResult, names: tuple[str, ...]) -> list[Record]:
  """Reads the entries `names` of a member."""
  path = file_of(member)
  return _read(path, storage.modified(path), names) if path else []


@functools.lru_cache(maxsize=4096)
def _read(
  path: pathlib.Path, written: int, names: tuple[str, ...]
) -> list[Record]:
  del written  # A file that has changed is read again.
  parsed = {name: quantities.parse(name) for name in names}
  entries = (
    {'step': record['step']} | {n: q.of(record) for n, q in parsed.items()}
    for record in records.read(path)
  )
  return [r for r in entries if any(r[name] is not None for name in names)]


def _curve(members: Sequence[list[Record]], name: str) -> RecordedCurve:
  scale = metrics.metric(name).scale
  pooled = list(itertools.chain.from_iterable(members))
  seeds = (figures.series(records, name) for records in members)
  return RecordedCurve(
    figures.scaled(figures.series(pooled, name), scale),
    tuple(figures.scaled(s, scale) for s in seeds if s.steps.size),
  )
