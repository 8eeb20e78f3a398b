"""An analysis of finished runs, made by hand: what it finds, and where."""

import itertools
import json
import os
import pathlib
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxsparse.plotting import figures
from jaxsparse.results import findings
from jaxsparse.results.findings import Finding, Input, Part
from jaxsparse.runs import workdir
from jaxsparse.training.locks import lock

_ENTRY = 'analyses'
# Letters of a line above a figure.
_COLUMNS = 90
# What the library's errors name, and the analysis that makes it of runs.
_OF_RUNS = {'analysis.lanczos': 'density', 'analysis.hessian': 'spectrum'}


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

  The files are `<analysis>.json` (numbers, and what they are of),
  `<analysis>.csv` (its table, or the numbers where it has none), and where
  there is something to draw `.png` and `.svg`. Another call of the analysis,
  with other runs or options, has files of its own: `<analysis>-2` and so on.
  The numbers also join the entry `analyses` of the first run's `summary.json`,
  in place of those of an earlier call that was alike.

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
    raise ValueError(f'{function.__name__}: {_told(error)}') from None
  first = roots[0][0]
  folder = workdir.output(first / _ENTRY if out is None else out)
  asked = {
    'analysis': spec if isinstance(spec, str) else findings.full_name(spec),
    'inputs': [[os.path.relpath(r, first) for r in pool] for pool in roots],
    'options': dict(options),
  }
  _note(first, asked, found)
  stem = _stem(folder, function.__name__, asked)
  tabled = found._replace(table=found.table or _table(found))
  paths = findings.keep(stem, asked, tabled)
  draw = findings.drawer(function)
  if draw and found.table:
    kinds = roots if findings.takes_pools(function) else [[r] for r in inputs]
    part = Part(tuple(map(_input, kinds, figures.COLOURS)), found.table)
    drawn = draw([part])
    said = f'{drawn.title}: {_of(part, options)}. {drawn.caption}'
    drawn.figure.suptitle(textwrap.fill(said, _COLUMNS), fontsize=8)
    paths += tuple(figures.save_both(drawn.figure, stem))
  return Made(found, paths)


def _told(error: ValueError) -> str:
  """An error, with the analysis to make in place of a module that it names."""
  other = next((n for m, n in _OF_RUNS.items() if m in str(error)), '')
  return f'{error}: `launch.analyze {other}`' if other else str(error)


def _stem(
  folder: pathlib.Path, name: str, asked: Mapping[str, Any]
) -> pathlib.Path:
  """Of the files: that of an earlier call that was alike, or a free one."""
  asked = json.loads(json.dumps(asked))
  stems = (folder / f'{name}-{n}' for n in itertools.count(2))
  return next(
    stem
    for stem in itertools.chain([folder / name], stems)
    if findings.asked_before(stem) in (None, asked)
  )


def _table(found: Finding) -> findings.Table:
  """The numbers of a finding as a table; the mean of those with a spread."""
  values = [
    value['mean'] if isinstance(value, dict) else value
    for value in found.numbers.values()
  ]
  return {'number': np.array(list(found.numbers)), 'value': np.array(values)}


def _of(part: Part, options: Mapping[str, Any]) -> str:
  """'a, to b (step=500)': what a figure is of."""
  named = ', to '.join(each.label for each in part.inputs)
  given = ', '.join(f'{name}={value}' for name, value in options.items())
  return named + (f' ({given})' if given else '')


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
