"""What the members of a study recorded, row by row."""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jaxsparse.experiments import figures, workdir
from jaxsparse.experiments.figures import Record, Series
from jaxsparse.experiments.studies import metrics
from jaxsparse.experiments.studies.results import MemberResult, Results
from jaxsparse.experiments.studies.spec import Row
from jaxsparse.training import metrics as records


class Curve(NamedTuple):
  """An entry of a row's members over the steps, in shown units.

  Attributes:
    mean: over the seeds that have a value at a step.
    seeds: each on its own.
  """

  mean: Series
  seeds: tuple[Series, ...]


Curves = dict[Row, dict[str, Curve]]


def read(results: Results, entries: Iterable[str]) -> Curves:
  """The curves of every row whose members recorded any of `entries`.

  Raises:
    ValueError: a `metrics.jsonl` cannot be read.
  """
  names = list(dict.fromkeys(entries))
  found: Curves = {}
  for row in results.study.rows():
    members = [_records(m, names) for m in results.of(row)]
    curves = {name: _curve(members, name) for name in names}
    kept = {n: c for n, c in curves.items() if c.mean.steps.size}
    if kept:
      found[row] = kept
  return found


def _records(member: MemberResult, names: Sequence[str]) -> list[Record]:
  """Of a member, no more than is drawn: a study can have a thousand."""
  if member.root is None:
    return []
  path = member.root / workdir.METRICS
  if not path.exists():
    return []
  kept = ('step', *names)
  return [
    {k: record[k] for k in kept if k in record}
    for record in records.read(path)
    if any(name in record for name in names)
  ]


def _curve(members: Sequence[list[Record]], name: str) -> Curve:
  scale = metrics.metric(name).scale
  every = list(itertools.chain.from_iterable(members))
  alone = (figures.series(records, name) for records in members)
  return Curve(
    figures.scaled(figures.series(every, name), scale),
    tuple(figures.scaled(s, scale) for s in alone if s.steps.size),
  )
