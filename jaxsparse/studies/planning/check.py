"""Checks a study: every name in it is known, and nothing is empty.

`check` reads only the study itself, no config and no disk; `check_fields` and
the values of fields need the base config, so `members` checks them.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from jaxsparse.claims import (
  Bound,
  Claim,
  Difference,
  Ordering,
  Ratio,
  Trend,
)
from jaxsparse.config import defaults as config_lib
from jaxsparse.config.overrides import known_fields
from jaxsparse.core import paths
from jaxsparse.studies.planning import field_checks
from jaxsparse.studies.planning.check_report import (
  check_analysis,
  check_claim,
  check_figure,
)
from jaxsparse.studies.planning.pairing import match, order, sources
from jaxsparse.studies.spec import (
  Analysis,
  Figure,
  Run,
  Study,
)

_LAST_SEED = 2**32 - 1
_SECTIONS = config_lib.SECTIONS
_OWN = ('seed',)


def check(study: Any) -> None:
  """Checks a study.

  Raises:
    ValueError: a field has a value that is not accepted; the message names
      the field, the value and the accepted values.
  """
  if not isinstance(study, Study):
    raise ValueError(
      f'get_config: got {type(study).__name__}; accepted is a Study'
    )
  field_checks.all_of('study.runs', study.runs, Run)
  if not study.runs:
    raise ValueError('study.runs: got none; accepted is one or more')
  field_checks.distinct('study.runs', [run.name for run in study.runs])
  for run in study.runs:
    _check_run(study, run)
  order(study)
  for run in study.runs:
    _check_sources(study, run)
  field_checks.texts('study.metrics', study.metrics)
  for i, name in enumerate(study.metrics):
    field_checks.metric(f'study.metrics[{i}]', name)
  if study.across:
    field_checks.grid_field('study.across', study.across, study.runs)
  kinds_of_figures = (*Figure.__subclasses__(), Figure)
  field_checks.all_of('study.figures', study.figures, kinds_of_figures)
  for i, figure in enumerate(study.figures):
    check_figure(f'study.figures[{i}]', study, figure)
  kinds = (Ordering, Bound, Difference, Ratio, Trend, Claim)
  field_checks.all_of('study.claims', study.claims, kinds)
  for i, claim in enumerate(study.claims):
    check_claim(f'study.claims[{i}]', study, claim)
  field_checks.all_of('study.analyses', study.analyses, Analysis)
  field_checks.distinct('study.analyses', [a.name for a in study.analyses])
  for analysis in study.analyses:
    check_analysis(f'study.analyses[{analysis.name!r}]', study, analysis)


def check_fields(run: Run, base: Any) -> None:
  """Raises `ValueError` if `run` changes a field that no config has.

  Args:
    run: of a study.
    base: its base `ConfigDict`. Hyperparameters of the other methods of a
      section are accepted too, as in a config file.
  """
  accepted = known_fields(base)
  for place in ('overrides', 'grid'):
    for field in getattr(run, place):
      if field not in accepted and not _may_bring(field, run):
        raise ValueError(
          f'study.runs[{run.name!r}].{place}: {field!r} is no field of a'
          f' config.{paths.nearest(field, accepted)}'
        )


def _may_bring(field: str, run: Run) -> bool:
  """Returns whether `field` may belong to a function that the run selects."""
  section = field.partition('.')[0]
  named = f'{section}.name'
  return (
    section in _SECTIONS
    and '.' in field
    and (named in run.overrides or named in run.grid)
  )


def _check_run(study: Study, run: Run) -> None:
  where = f'study.runs[{run.name!r}]'
  _check_seeds(f'{where}.seeds', run.seeds)
  for section in ('overrides', 'grid', 'paper'):
    value = getattr(run, section)
    if not isinstance(value, Mapping):
      raise ValueError(f'{where}.{section}: got {value!r}; accepted is a dict')
  for name in (*run.overrides, *run.grid):
    if name in _OWN:
      raise ValueError(
        f'{where}: {name!r} is no field to change; `seeds` says it'
      )
  for name, values in run.grid.items():
    at = f'{where}.grid[{name!r}]'
    if isinstance(values, str) or not isinstance(values, Sequence):
      raise ValueError(f'{at}: got {values!r}; accepted is a tuple of values')
    if not values:
      raise ValueError(f'{at}: got no values; accepted is one or more')
    if not all(isinstance(value, Hashable) for value in values):
      raise ValueError(f'{at}: got {values!r}; accepted are tuples for lists')
    if any(v in values[:i] for i, v in enumerate(values)):
      raise ValueError(f'{at}: got a value twice in {values!r}')
    if name in run.overrides:
      raise ValueError(f'{at}: is in overrides too; accepted is one of them')
  _check_paper(f'{where}.paper', run)
  field_checks.runs(f'{where}.after', study, run.after)


def _check_seeds(where: str, seeds: Any) -> None:
  good = (
    1 <= seeds <= _LAST_SEED
    if type(seeds) is int
    else isinstance(seeds, Sequence)
    and len(seeds) > 0
    and all(type(s) is int and 0 <= s <= _LAST_SEED for s in seeds)
    and len(set(seeds)) == len(seeds)
  )
  if not good:
    raise ValueError(
      f'{where}: got {seeds!r}; accepted is how many (1 or more), or a tuple'
      f' of different ints in 0 .. {_LAST_SEED}'
    )


def _check_paper(where: str, run: Run) -> None:
  points = [tuple(v for _, v in row.point) for row in run.rows()]
  keys = [p[0] if len(p) == 1 else p for p in points]
  for metric, reported in run.paper.items():
    for key in reported if isinstance(reported, Mapping) else ():
      if key not in keys:
        raise ValueError(
          f'{where}[{metric!r}]: no row at {key!r}; accepted are'
          f' {", ".join(map(repr, keys))}'
        )


def _check_sources(study: Study, run: Run) -> None:
  """Raises `ValueError` unless every source of `run` has one member to match.

  Each seed and row of `run` must match exactly one row, and a seed, of each
  run that it starts from.
  """
  where = f'study.runs[{run.name!r}]'
  for other, seed in sources(run):
    field_checks.runs(where, study, (other,))
    required = run.seed_list() if seed is None else (seed,)
    missing = set(required) - set(study.run(other).seed_list())
    if missing:
      raise ValueError(
        f'{where}: {other!r}, which it starts from, has no seed {min(missing)}'
      )
    for row in run.rows():
      match(study, row, other, where)
