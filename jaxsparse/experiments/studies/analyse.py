"""Analyses of finished members, each made once and kept in a file."""

import json
import logging
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jaxsparse.core import registry
from jaxsparse.experiments import workdir
from jaxsparse.experiments.studies import pairing
from jaxsparse.experiments.studies.check_report import ANALYSES
from jaxsparse.experiments.studies.members import Cell
from jaxsparse.experiments.studies.plan import Plan
from jaxsparse.experiments.studies.spec import Analysis

_log = logging.getLogger(__name__)


class Analysed(NamedTuple):
  """What analyses gave for one cell: numbers, and why some gave none."""

  numbers: dict[str, float]
  notes: list[str]


def analyse(
  plan: Plan,
  root: pathlib.Path,
  stopping: Callable[[], bool],
) -> Mapping[Cell, Analysed]:
  """Makes the analyses of a study on the members that are finished.

  Args:
    plan: of the study.
    root: workdir of the study; results are kept under its `analyses`.
    stopping: asked before each; if true the rest is left out.

  Returns:
    What each cell got.
  """
  found: dict[Cell, Analysed] = {}
  for analysis in plan.study.analyses:
    cells = [c for c in plan.expanded.cells if c.row.run == analysis.of[0]]
    for cell in cells:
      if stopping():
        return found
      names = _inputs(plan, analysis, cell)
      if names is not None:
        made = found.setdefault(cell, Analysed({}, []))
        _make(plan, analysis, names, root, made)
  return found


def _inputs(
  plan: Plan, analysis: Analysis, cell: Cell
) -> tuple[str, ...] | None:
  """The members that an analysis takes for a cell, if all are finished."""
  names = [cell.member]
  for other in analysis.of[1:]:
    if cell.seed not in plan.study.run(other).seed_list():
      return None
    row = pairing.match(plan.study, cell.row, other, analysis.name)
    names.append(plan.expanded.cell(row, cell.seed).member)
  done = (
    name and workdir.finished(plan.runs_dir / name) is not None
    for name in names
  )
  return tuple(names) if all(done) else None


def _make(
  plan: Plan,
  analysis: Analysis,
  names: tuple[str, ...],
  root: pathlib.Path,
  made: Analysed,
) -> None:
  path = root / 'analyses' / analysis.name / f'{names[0]}.json'
  asked = {
    'function': _name(analysis.function),
    'inputs': list(names),
    'options': json.loads(json.dumps(dict(analysis.options), default=repr)),
  }
  try:
    numbers = _kept(path, asked)
    if numbers is None:
      numbers = _numbers(analysis, [plan.runs_dir / name for name in names])
      path.parent.mkdir(parents=True, exist_ok=True)
      content = json.dumps(asked | {'numbers': numbers}, indent=2)
      workdir.write_atomic(path, content)
    twice = made.numbers.keys() & numbers.keys()
    if twice:
      raise ValueError(f'another analysis gives {min(twice)!r} too')
  except ValueError as error:
    made.notes.append(f'analysis {analysis.name} failed: {error}')
    _log.warning('%s: %s', names[0], made.notes[-1])
    return
  made.numbers.update(numbers)


def _kept(path: pathlib.Path, asked: dict[str, Any]) -> Any:
  """The numbers of an earlier call that asked for the same, or `None`."""
  try:
    content = json.loads(path.read_text('utf-8'))
  except (OSError, ValueError):
    return None
  numbers = content.pop('numbers', None)
  return numbers if content == asked else None


def _numbers(
  analysis: Analysis, workdirs: list[pathlib.Path]
) -> dict[str, float]:
  function = registry.resolve(analysis.function, ANALYSES)
  found = function(workdirs, **analysis.options)
  return {str(name): float(value) for name, value in found.items()}


def _name(function: Any) -> str:
  if isinstance(function, str):
    return function
  return f'{function.__module__}.{function.__qualname__}'
