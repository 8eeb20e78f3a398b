"""Analyses of the finished members of a study."""

import logging
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from jaxsparse.analyses.harness import calls, stored
from jaxsparse.analyses.harness.result import Number, Result, chart_of
from jaxsparse.errors import SaveFailed
from jaxsparse.plotting.charts import Drawing, Input, Part
from jaxsparse.results.names import count
from jaxsparse.results.rows import Pooled, Row
from jaxsparse.studies.planning import pairing
from jaxsparse.studies.planning.members import RowMember
from jaxsparse.studies.planning.plan import StudyPlan
from jaxsparse.studies.planning.status import status
from jaxsparse.studies.spec import Analysis
from jaxsparse.studies.styles import row_styles

_log = logging.getLogger(__name__)


class Analysed(NamedTuple):
  """The results of all analyses of a study.

  Attributes:
    numbers: of each cell.
    pooled: of each row.
    notes: of each cell, why analyses of it failed.
    drawings: figures of the tables.
  """

  numbers: dict[RowMember, dict[str, Number]]
  pooled: dict[Row, dict[str, Pooled]]
  notes: dict[RowMember, list[str]]
  drawings: list[Drawing]


class _Call(NamedTuple):
  """One call of an analysis.

  Attributes:
    cells: that the resulting numbers belong to.
    names: of the members that are read, a tuple for each of `Analysis.of`.
    inputs: labels and styles of these.
  """

  cells: tuple[RowMember, ...]
  names: tuple[tuple[str, ...], ...]
  inputs: tuple[Input, ...]


def analyse(
  plan: StudyPlan, root: pathlib.Path, stopping: Callable[[], bool]
) -> Analysed:
  """Runs the analyses of a study on its finished members.

  Args:
    plan: of the study.
    root: workdir of the study; results are stored under its `analyses`.
    stopping: called before each call of an analysis; if true the remaining
      calls are skipped.
  """
  analysed = Analysed({}, {}, {}, [])
  parts: dict[Any, list[Part]] = {}
  for analysis in plan.study.analyses:
    function = calls.find(analysis.function)
    all_calls = list(_calls(plan, analysis))
    of = count(len(all_calls), 'row' if analysis.pooled else 'member')
    _log.info('analysis %s, of %s', analysis.name, of)
    for call in all_calls:
      if stopping():
        return analysed
      try:
        result = stored.once(
          analysis.function,
          call.names,
          plan.runs_dir,
          analysis.options,
          root / 'analyses' / analysis.name / call.names[0][0],
        )
        _join(analysed, analysis, call, result)
      except SaveFailed:
        raise
      except Exception as error:  # A user's function may raise any.
        expected = isinstance(error, ValueError)
        level = logging.DEBUG if expected else logging.ERROR
        _log.log(level, 'analysis %s', analysis.name, exc_info=True)
        why = _one_line(error).replace(f'{plan.runs_dir}{os.sep}', '')
        note = f'analysis {analysis.name} failed: {why}'
        _log.warning('%s: %s', call.names[0][0], note)
        for cell in call.cells:
          analysed.notes.setdefault(cell, []).append(note)
        continue
      if result.table and analysis.drawn:
        parts.setdefault(function, []).append(Part(call.inputs, result.table))
  for function, drawn in parts.items():
    if chart := chart_of(function):
      name = function.__name__.replace('_', '-')
      analysed.drawings.append(Drawing(name, chart, tuple(drawn)))
  return analysed


def _calls(plan: StudyPlan, analysis: Analysis) -> Iterator[_Call]:
  """Yields the calls whose members are finished (of a pool, at least one)."""
  study, styles = plan.study, row_styles(plan.study)
  name, *others = analysis.of
  first, seed = pairing.seeded(name)
  for row in study.run(first).rows():
    partners = [
      pair
      for other in others
      for pair in pairing.partners(study, row, other, analysis.name)
    ]
    inputs = tuple(
      Input(
        study.row_name(r) + ('' if at is None else f', seed {at}'), styles[r]
      )
      for r, at in [(row, seed), *partners]
    )
    cells = _finished(plan, row, seed)
    for group in [cells] if analysis.pooled else [[c] for c in cells]:
      same = None if analysis.pooled else group[0].seed
      pools = [group] + [
        _finished(plan, r, same if at is None else at) for r, at in partners
      ]
      if all(pools):
        names = tuple(tuple(c.member for c in pool) for pool in pools)
        yield _Call(tuple(group), names, inputs)


def _finished(plan: StudyPlan, row: Row, seed: int | None) -> list[RowMember]:
  """Returns the finished cells of a row, of all seeds if that is `None`."""
  return [
    cell
    for cell in plan.expanded.cells
    if cell.row == row and seed in (None, cell.seed) and cell.member
    if status(plan.runs_dir / cell.member, 0).kind == 'done'
  ]


def _join(
  analysed: Analysed, analysis: Analysis, call: _Call, result: Result
) -> None:
  """Adds the numbers of a call to those of its cell or row, in place."""
  cell = call.cells[0]
  of_cell: Mapping[str, Any] = analysed.numbers.get(cell, {})
  of_row = analysed.pooled.get(cell.row, {})
  twice = result.numbers.keys() & (of_cell.keys() | of_row.keys())
  if twice:
    raise ValueError(f'another analysis gives {min(twice)!r} too')
  if not analysis.pooled:
    analysed.numbers.setdefault(cell, {}).update(result.numbers)
    return
  for name, number in result.numbers.items():
    pooled = _pooled(number, len(call.cells))
    analysed.pooled.setdefault(cell.row, {})[name] = pooled


def _pooled(number: Number, n: int) -> Pooled:
  if not isinstance(number, dict):
    return Pooled(number, None, n)
  parts = tuple(number.get('jackknife', ()))
  return Pooled(number['mean'], number['std'], n, parts)


def _one_line(error: Exception) -> str:
  """Formats an error in one line, with its type unless a `ValueError`."""
  text = ' '.join(str(error).split())
  if isinstance(error, ValueError):
    return text
  return f'{type(error).__name__}: {text}'
