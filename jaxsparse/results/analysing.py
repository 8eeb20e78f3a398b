"""An analysis of finished runs on request: its finding and its files."""

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
# Characters per line of the title of a figure.
_COLUMNS = 90
# Module that a library error names -> its analysis for finished runs.
_OF_RUNS = {'analysis.lanczos': 'density', 'analysis.hessian': 'spectrum'}


class Made(NamedTuple):
  """The output of an analysis.

  Attributes:
    finding: its result.
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
  """Runs an analysis, writes its files and adds it to a summary.

  The files are `<analysis>.json` (numbers, and the request for them),
  `<analysis>.csv` (its table, or the numbers where it has none), and where
  there is something to draw `.png` and `.svg`. A call of the analysis with
  other runs or options has its own files: `<analysis>-2` and so on.
  The numbers also join the entry `analyses` of the first run's `summary.json`,
  in place of those of an earlier equal call.

  Args:
    spec: of the analysis, see `findings.find`.
    pools: workdirs; for an analysis of single runs it does not matter how
      they are grouped.
    options: of the analysis.
    out: the folder of the files; `analyses` in the first workdir by default.

  Raises:
    ValueError: an unknown analysis or option, or runs to which it does not
      apply.
    WorkdirBusy: another process writes to the first workdir.
  """
  function = findings.find(spec)
  findings.check_options(function, options)
  roots = [[workdir.local(path) for path in pool] for pool in pools]
  inputs: list[Any] = roots
  if not findings.takes_pools(function):
    inputs = [root for pool in roots for root in pool]
  try:
    finding = findings.call(function, inputs, options)
  except ValueError as error:
    raise ValueError(f'{function.__name__}: {_told(error)}') from None
  first = roots[0][0]
  folder = workdir.output(first / _ENTRY if out is None else out)
  request = {
    'analysis': spec if isinstance(spec, str) else findings.full_name(spec),
    'inputs': [[os.path.relpath(r, first) for r in pool] for pool in roots],
    'options': dict(options),
  }
  _note(first, request, finding)
  stem = _stem(folder, function.__name__, request)
  tabled = finding._replace(table=finding.table or _table(finding))
  paths = findings.keep(stem, request, tabled)
  draw = findings.drawer(function)
  if draw and finding.table:
    kinds = roots if findings.takes_pools(function) else [[r] for r in inputs]
    part = Part(tuple(map(_input, kinds, figures.COLOURS)), finding.table)
    drawn = draw([part])
    title = f'{drawn.title}: {_of(part, options)}. {drawn.caption}'
    drawn.figure.suptitle(textwrap.fill(title, _COLUMNS), fontsize=8)
    paths += tuple(figures.save_both(drawn.figure, stem))
  return Made(finding, paths)


def _told(error: ValueError) -> str:
  """Formats an error, with the analysis to run for a module that it names."""
  other = next((n for m, n in _OF_RUNS.items() if m in str(error)), '')
  return f'{error}: `launch.analyze {other}`' if other else str(error)


def _stem(
  folder: pathlib.Path, name: str, asked: Mapping[str, Any]
) -> pathlib.Path:
  """Returns the stem of the files of an earlier equal call, or a free one."""
  request = json.loads(json.dumps(asked))
  stems = (folder / f'{name}-{n}' for n in itertools.count(2))
  return next(
    stem
    for stem in itertools.chain([folder / name], stems)
    if findings.asked_before(stem) in (None, request)
  )


def _table(found: Finding) -> findings.Table:
  """Tabulates the numbers of a finding; of those with a spread, the mean."""
  values = [
    value['mean'] if isinstance(value, dict) else value
    for value in found.numbers.values()
  ]
  return {'number': np.array(list(found.numbers)), 'value': np.array(values)}


def _of(part: Part, options: Mapping[str, Any]) -> str:
  """Describes the subject of a figure, as 'a, to b (step=500)'."""
  named = ', to '.join(input_.label for input_ in part.inputs)
  listed = ', '.join(f'{name}={value}' for name, value in options.items())
  return named + (f' ({listed})' if listed else '')


def _input(pool: Sequence[pathlib.Path], colour: str) -> Input:
  suffix = f' and {len(pool) - 1} more' if len(pool) > 1 else ''
  return Input(pool[0].name + suffix, {'color': colour, 'linestyle': '-'})


def _note(root: pathlib.Path, asked: dict[str, Any], found: Finding) -> None:
  """Adds the numbers to the summary of a run."""
  request = json.loads(json.dumps(asked))
  with lock(root):
    summary = workdir.finished(root) or {}
    entries = [
      entry
      for entry in summary.get(_ENTRY, [])
      if {k: v for k, v in entry.items() if k != 'numbers'} != request
    ]
    entry = request | {'numbers': dict(found.numbers)}
    workdir.write_summary(root, summary | {_ENTRY: [*entries, entry]})
