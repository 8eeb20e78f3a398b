"""An analysis of finished runs, made by hand: what it finds, and where."""

import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jaxsparse.experiments import figures, findings, workdir
from jaxsparse.experiments.findings import Finding, Input, Part
from jaxsparse.training.locks import lock

_ENTRY = 'analyses'


class Made(NamedTuple):
  """An analysis that has been made.

  Attributes:
    finding: what it found.
    paths: of the files written.
  """

  finding: Finding
  paths: tuple[pathlib.Path, ...]


def make(
  spec: str | findings.Function,
  pools: Sequence[Sequence[str | os.PathLike[str]]],
  options: Mapping[str, Any],
  out: str | os.PathLike[str] | None = None,
) -> Made:
  """Makes an analysis, writes its files and notes it in a summary.

  The files are `<analysis>.json` (numbers, and what they are of), and where
  there is something to draw `<analysis>.csv`, `.png` and `.svg`. The numbers
  also join the entry `analyses` of the first run's `summary.json`, in place
  of those of an earlier call that was alike.

  Args:
    spec: of the analysis, see `findings.find`.
    pools: workdirs; for an analysis of single runs it does not matter how
      they are grouped.
    options: of the analysis.
    out: where files go; `analyses` in the first workdir by default.

  Raises:
    ValueError: an unknown analysis or option, or runs that it cannot be made
      of.
    WorkdirBusy: somebody else writes to the first workdir.
  """
  function = findings.find(spec)
  findings.check_options(function, options)
  roots = [[workdir.local(path) for path in pool] for pool in pools]
  inputs: list[Any] = roots
  if not findings.takes_pools(function):
    inputs = [root for pool in roots for root in pool]
  try:
    found = findings.call(function, inputs, options)
  except ValueError as error:
    raise ValueError(f'{function.__name__}: {error}') from None
  first = roots[0][0]
  folder = workdir.output(first / _ENTRY if out is None else out)
  stem = folder / function.__name__
  asked = {
    'analysis': spec if isinstance(spec, str) else findings.full_name(spec),
    'inputs': [[os.path.relpath(r, first) for r in pool] for pool in roots],
    'options': dict(options),
  }
  _note(first, asked, found)
  paths = findings.keep(stem, asked, found)
  draw = findings.drawer(function)
  if draw and found.table:
    kinds = roots if findings.takes_pools(function) else [[r] for r in inputs]
    part = Part(tuple(map(_input, kinds, figures.COLOURS)), found.table)
    paths += tuple(figures.save_both(draw([part]).figure, stem))
  return Made(found, paths)


def _input(pool: Sequence[pathlib.Path], colour: str) -> Input:
  more = f' and {len(pool) - 1} more' if len(pool) > 1 else ''
  return Input(pool[0].name + more, {'color': colour, 'linestyle': '-'})


def _note(root: pathlib.Path, asked: dict[str, Any], found: Finding) -> None:
  """Adds the numbers to the summary of a run."""
  asked = json.loads(json.dumps(asked))
  with lock(root):
    summary = workdir.finished(root) or {}
    others = [
      entry
      for entry in summary.get(_ENTRY, [])
      if {k: v for k, v in entry.items() if k != 'numbers'} != asked
    ]
    entry = asked | {'numbers': dict(found.numbers)}
    workdir.write_summary(root, summary | {_ENTRY: [*others, entry]})
