"""Analyses of finished members, each made once and kept in a file."""

import json
import logging
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from jaxsparse.results import findings
from jaxsparse.results.findings import Drawing, Finding, Input, Part
from jaxsparse.runs.run import SaveFailed, saving
from jaxsparse.studies.figures.styles import row_styles
from jaxsparse.studies.names import count, row_name
from jaxsparse.studies.planning import pairing
from jaxsparse.studies.planning.members import Cell
from jaxsparse.studies.planning.origins import origins
from jaxsparse.studies.planning.plan import Plan
from jaxsparse.studies.planning.status import status
from jaxsparse.studies.results import Pooled
from jaxsparse.studies.spec import Analysis, Row, Study

_log = logging.getLogger(__name__)
# What is kept with a finding, in words.
_WHAT = {
  'source': "the file of the analysis' function",
  'summaries': 'a summary of its members',
}


class Analysed(NamedTuple):
  """What analyses gave.

  Attributes:
    numbers: of each cell.
    pooled: of each row.
    notes: of each cell, why some gave none.
    drawings: figures of what they found.
  """

  numbers: dict[Cell, dict[str, findings.Number]]
  pooled: dict[Row, dict[str, Pooled]]
  notes: dict[Cell, list[str]]
  drawings: list[Drawing]


class _Call(NamedTuple):
  """One call of an analysis.

  Attributes:
    cells: whose numbers it gives.
    names: of the members that go in, a tuple for each of `Analysis.of`.
    inputs: how these are shown.
  """

  cells: tuple[Cell, ...]
  names: tuple[tuple[str, ...], ...]
  inputs: tuple[Input, ...]


def analyse(
  plan: Plan, root: pathlib.Path, stopping: Callable[[], bool]
) -> Analysed:
  """Makes the analyses of a study on the members that are finished.

  Args:
    plan: of the study.
    root: workdir of the study; results are kept under its `analyses`.
    stopping: asked before each call; if true the rest is left out.
  """
  found = Analysed({}, {}, {}, [])
  parts: dict[findings.Function, list[Part]] = {}
  for analysis in plan.study.analyses:
    function = findings.find(analysis.function)
    calls = list(_calls(plan, analysis))
    of = count(len(calls), 'row' if analysis.pooled else 'member')
    _log.info('analysis %s, of %s', analysis.name, of)
    for call in calls:
      if stopping():
        return found
      try:
        made = _made(plan, analysis, call, root)
        _join(found, analysis, call, made)
      except SaveFailed:
        raise
      except Exception as error:  # Whatever somebody's function may raise.
        expected = isinstance(error, ValueError)
        level = logging.DEBUG if expected else logging.ERROR
        _log.log(level, 'analysis %s', analysis.name, exc_info=True)
        why = _said(error).replace(f'{plan.runs_dir}{os.sep}', '')
        _note(found, call, f'analysis {analysis.name} failed: {why}')
        continue
      if made.table and analysis.drawn:
        parts.setdefault(function, []).append(Part(call.inputs, made.table))
  for function, some in parts.items():
    if draw := findings.drawer(function):
      found.drawings.append(Drawing(draw, tuple(some)))
  return found


def _calls(plan: Plan, analysis: Analysis) -> Iterator[_Call]:
  """Those for which all members are finished (of a pool, one or more)."""
  run, seed = pairing.seeded(analysis.of[0])
  for row in plan.study.run(run).rows():
    cells = _cells(plan, row, seed)
    for group in [cells] if analysis.pooled else [[c] for c in cells]:
      done = tuple(c for c in group if _done(plan, c))
      others = [_others(plan, analysis, row, group, o) for o in analysis.of[1:]]
      names = tuple(tuple(c.member for c in p) for p in (done, *others))
      if all(names):
        yield _Call(done, names, _inputs(plan.study, analysis, row))


def _cells(plan: Plan, row: Row, seed: int | None) -> list[Cell]:
  cells = (c for c in plan.expanded.cells if c.row == row)
  return [c for c in cells if seed in (None, c.seed)]


def _others(
  plan: Plan, analysis: Analysis, row: Row, group: list[Cell], other: str
) -> list[Cell]:
  """The finished cells of another run that go with those of `group`."""
  run, seed = pairing.seeded(other)
  if seed is None and not analysis.pooled:
    seed = group[0].seed
  found = pairing.match(plan.study, row, run, analysis.name)
  return [c for c in _cells(plan, found, seed) if _done(plan, c)]


def _done(plan: Plan, cell: Cell) -> bool:
  if not cell.member:
    return False
  return status(plan.runs_dir / cell.member, 0).kind == 'done'


def _inputs(study: Study, analysis: Analysis, row: Row) -> tuple[Input, ...]:
  styles = row_styles(study)
  found: list[Input] = []
  for name in analysis.of:
    run, seed = pairing.seeded(name)
    own = pairing.match(study, row, run, '') if found else row
    of_seed = '' if seed is None else f', seed {seed}'
    found.append(Input(row_name(study, own) + of_seed, styles[own]))
  return tuple(found)


def _made(
  plan: Plan, analysis: Analysis, call: _Call, root: pathlib.Path
) -> Finding:
  """What a call finds, or found when it was made before."""
  stem = root / 'analyses' / analysis.name / call.names[0][0]
  names = [list(pool) if analysis.pooled else pool[0] for pool in call.names]
  paths = [[plan.runs_dir / name for name in pool] for pool in call.names]
  function = findings.find(analysis.function)
  asked = {
    'function': _name(analysis.function),
    'inputs': names,
    'options': json.loads(json.dumps(dict(analysis.options), default=repr)),
    **origins(function, paths),
  }
  if (kept := findings.kept(stem, asked)) is not None:
    return kept
  _tell_why(analysis, stem, asked)
  inputs = paths if analysis.pooled else [pool[0] for pool in paths]
  found = findings.call(function, inputs, analysis.options)
  with saving(stem):
    findings.keep(stem, asked, found)
  # As it is read later: what is drawn does not depend on when it was found.
  return findings.kept(stem, asked) or Finding({})


def _tell_why(
  analysis: Analysis, stem: pathlib.Path, asked: Mapping[str, Any]
) -> None:
  """Logs why what is kept of a call, if anything is, does not do."""
  before = findings.asked_before(stem)
  if before is None:
    _log.debug('analysis %s: %s', analysis.name, stem.name)
    return
  fields = sorted(asked.keys() | before.keys())
  differing = [_WHAT.get(f, f) for f in fields if asked.get(f) != before.get(f)]
  _log.info(
    'analysis %s of %s is made anew: changed since is %s',
    analysis.name,
    stem.name,
    ', '.join(differing),
  )


def _join(
  found: Analysed, analysis: Analysis, call: _Call, made: Finding
) -> None:
  """Adds the numbers of a call to those of its cell or row."""
  cell = call.cells[0]
  own: Mapping[str, Any] = found.numbers.get(cell, {})
  of_row = found.pooled.get(cell.row, {})
  twice = made.numbers.keys() & (own.keys() | of_row.keys())
  if twice:
    raise ValueError(f'another analysis gives {min(twice)!r} too')
  if not analysis.pooled:
    found.numbers.setdefault(cell, {}).update(made.numbers)
    return
  for name, number in made.numbers.items():
    pooled = _pooled(number, len(call.cells))
    found.pooled.setdefault(cell.row, {})[name] = pooled


def _pooled(number: findings.Number, n: int) -> Pooled:
  if isinstance(number, dict):
    parts = tuple(number.get('jackknife', ()))
    return Pooled(number['mean'], number['std'], n, parts)
  return Pooled(number, None, n)


def _said(error: Exception) -> str:
  """An error in one line; what is no message to a person has its type."""
  text = ' '.join(str(error).split())
  if isinstance(error, ValueError):
    return text
  return f'{type(error).__name__}: {text}'


def _note(found: Analysed, call: _Call, text: str) -> None:
  _log.warning('%s: %s', call.names[0][0], text)
  for cell in call.cells:
    found.notes.setdefault(cell, []).append(text)


def _name(function: Any) -> str:
  if isinstance(function, str):
    return function
  return findings.full_name(function)
