"""Curves of the entries that a study's members recorded, row by row."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from jaxsparse.plotting import figures
from jaxsparse.plotting.figures import Record, Series
from jaxsparse.results import metrics, quantities
from jaxsparse.results.rows import MemberResult, Row
from jaxsparse.runs import workdir
from jaxsparse.studies.results import Results
from jaxsparse.training import metrics as records


class Curve(NamedTuple):
  """An entry of a row's members over the steps, in displayed units.

  Attributes:
    mean: over the seeds that have a value at a step.
    seeds: one curve a seed.
  """

  mean: Series
  seeds: tuple[Series, ...]


Curves = dict[Row, dict[str, Curve]]


def read(results: Results, entries: Iterable[str]) -> Curves:
  """Reads the curves of each row whose members recorded any of `entries`.

  Args:
    results: of the study.
    entries: of `metrics.jsonl`, or differences of two of them.

  Raises:
    ValueError: a `metrics.jsonl` cannot be read.
  """
  names = list(dict.fromkeys(entries))
  by_row: Curves = {}
  for row in results.study.rows():
    members = [_records(m, names) for m in results.of(row)]
    curves = {name: _curve(members, name) for name in names}
    recorded = {n: c for n, c in curves.items() if c.mean.steps.size}
    if recorded:
      by_row[row] = recorded
  return by_row


def until(shown: Mapping[Row, Curve], last: int | None) -> dict[Row, Curve]:
  """Cuts curves off after a step; those that begin later are left out."""

  def cut(values: Series) -> Series:
    within = values.steps <= (math.inf if last is None else last)
    return Series(*(part[within] for part in values))

  curves = {
    row: Curve(
      cut(mean), tuple(s for one in seeds if (s := cut(one)).steps.size)
    )
    for row, (mean, seeds) in shown.items()
  }
  return {row: curve for row, curve in curves.items() if curve.mean.steps.size}


def _records(member: MemberResult, names: Sequence[str]) -> list[Record]:
  """Reads the entries of a member that are drawn.

  All others are dropped, as a study can have a thousand members.
  """
  if member.root is None:
    return []
  path = member.root / workdir.METRICS
  if not path.exists():
    return []
  parsed = {name: quantities.parse(name) for name in names}
  entries = (
    {'step': record['step']} | {n: q.of(record) for n, q in parsed.items()}
    for record in records.read(path)
  )
  return [r for r in entries if any(r[name] is not None for name in names)]


def _curve(members: Sequence[list[Record]], name: str) -> Curve:
  scale = metrics.metric(name).scale
  pooled = list(itertools.chain.from_iterable(members))
  seeds = (figures.series(records, name) for records in members)
  return Curve(
    figures.scaled(figures.series(pooled, name), scale),
    tuple(figures.scaled(s, scale) for s in seeds if s.steps.size),
  )
