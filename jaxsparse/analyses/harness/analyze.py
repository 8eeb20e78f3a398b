"""An analysis of finished runs on request: its result and its files."""

import dataclasses
import itertools
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse import storage
from jaxsparse.analyses.harness import calls, stored
from jaxsparse.analyses.harness.result import Function, Result, chart_of
from jaxsparse.locks import lock
from jaxsparse.plotting import figures
from jaxsparse.plotting.charts import Input, Part
from jaxsparse.plotting.styles import by_method
from jaxsparse.runs import workdir

_ENTRY = 'analyses'
# Module that a library error names -> its analysis for finished runs.
_OF_RUNS = {'analysis.lanczos': 'density', 'analysis.hessian': 'spectrum'}


def analyze(
  spec: str | Function,
  pools: Sequence[Sequence[str | os.PathLike[str]]],
  options: Mapping[str, Any],
  out: str | os.PathLike[str] | None = None,
) -> tuple[Result, list[pathlib.Path]]:
  """Runs an analysis, writes its files and adds it to a summary.

  The files are `<analysis>.json` (numbers, and the request for them),
  `<analysis>.csv` (its table, or the numbers where it has none), and where
  there is something to draw `.png`, `.svg`, `.pdf` and the caption, `.txt`.
  A call of the analysis with other runs or options has its own files:
  `<analysis>-2` and so on. The numbers also join the entry `analyses` of the
  first run's `summary.json`, in place of those of an earlier equal call.

  Args:
    spec: of the analysis, see `calls.find`.
    pools: workdirs; for an analysis of single runs it does not matter how
      they are grouped.
    options: of the analysis.
    out: the folder of the files; `analyses` in the first workdir by default.

  Returns:
    The result, and the paths of the files.

  Raises:
    ValueError: an unknown analysis or option, or runs to which it does not
      apply.
    WorkdirBusy: another process writes to the first workdir.
  """
  function = calls.find(spec)
  calls.check_options(function, options)
  roots = [[storage.absolute(path) for path in pool] for pool in pools]
  try:
    result = calls.call(function, roots, options)
  except ValueError as error:
    other = next((n for m, n in _OF_RUNS.items() if m in str(error)), '')
    hint = f': `launch.analyze {other}`' if other else ''
    raise ValueError(f'{function.__name__}: {error}{hint}') from None
  first = roots[0][0]
  folder = workdir.output(first / _ENTRY if out is None else out)
  request = {
    'analysis': calls.name_of(spec),
    'inputs': [[storage.relative(r, first) for r in pool] for pool in roots],
    'options': dict(options),
  }
  request = json.loads(json.dumps(request))
  _add_to_summary(first, request, result)
  stem = _stem(folder, function.__name__, request)
  tabled = dataclasses.replace(result, table=result.table or _table(result))
  paths = [*stored.write(stem, request, tabled)]
  chart = chart_of(function)
  if chart and result.table:
    kinds = roots
    if not calls.takes_pools(function):
      kinds = [[root] for pool in roots for root in pool]
    looks = by_method([_method(kind[0]) for kind in kinds])
    inputs = tuple(map(_input, kinds, looks))
    drawn = chart.draw([Part(inputs, result.table)])
    caption = f'{drawn.title}: {_subject(inputs, options)}. {drawn.caption}'
    paths += figures.save_all(drawn.figure, stem, caption)
  return result, paths


def _stem(
  folder: pathlib.Path, name: str, request: Mapping[str, Any]
) -> pathlib.Path:
  """Returns the stem of the files of an earlier equal call, or a free one."""
  stems = (folder / f'{name}-{n}' for n in itertools.count(2))
  return next(
    stem
    for stem in itertools.chain([folder / name], stems)
    if stored.request_of(stem) in (None, request)
  )


def _table(result: Result) -> dict[str, list[Any]]:
  """Tabulates the numbers of a result; of those with a spread, the mean."""
  values = result.numbers.values()
  means = [v['mean'] if isinstance(v, dict) else v for v in values]
  return {'number': list(result.numbers), 'value': means}


def _subject(inputs: Sequence[Input], options: Mapping[str, Any]) -> str:
  """Describes the subject of a figure, as 'a, to b (step=500)'."""
  named = ', to '.join(one.label for one in inputs)
  listed = ', '.join(f'{name}={value}' for name, value in options.items())
  return named + (f' ({listed})' if listed else '')


def _input(pool: Sequence[pathlib.Path], style: Mapping[str, Any]) -> Input:
  suffix = f' and {len(pool) - 1} more' if len(pool) > 1 else ''
  return Input(pool[0].name + suffix, style)


def _method(root: pathlib.Path) -> str:
  return str(workdir.read_config(root)['updater']['name'])


def _add_to_summary(
  root: pathlib.Path, request: dict[str, Any], result: Result
) -> None:
  with lock(root):
    summary = workdir.finished(root) or {}
    entries = [
      entry
      for entry in summary.get(_ENTRY, [])
      if {k: v for k, v in entry.items() if k != 'numbers'} != request
    ]
    entry = request | {'numbers': dict(result.numbers)}
    workdir.write_summary(root, summary | {_ENTRY: [*entries, entry]})
