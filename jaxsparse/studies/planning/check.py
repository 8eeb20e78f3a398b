"""Checks a study: every name in it is known, and nothing is empty.

`check` reads only the study itself, no config and no disk; `members` checks
fields and their values, which need the base config.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from jaxsparse.claims import Bound, Claim, Difference, Ordering, Ratio, Trend
from jaxsparse.studies.planning import check_report, pairing
from jaxsparse.studies.spec import Analysis, Figure, Run, Study

_LAST_SEED = 2**32 - 1


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
  check_report.all_of('study.runs', study.runs, Run)
  if not study.runs:
    raise ValueError('study.runs: got none; accepted is one or more')
  check_report.distinct('study.runs', [run.name for run in study.runs])
  for run in study.runs:
    _check_run(study, run)
  for run in study.runs:
    _check_sources(study, run)
  pairing.order(study)
  check_report.texts('study.metrics', study.metrics)
  for i, name in enumerate(study.metrics):
    check_report.metric(f'study.metrics[{i}]', name)
  if study.across:
    check_report.grid_field('study.across', study.across, study.runs)
  kinds_of_figures = (*Figure.__subclasses__(), Figure)
  check_report.all_of('study.figures', study.figures, kinds_of_figures)
  for i, figure in enumerate(study.figures):
    check_report.check_figure(f'study.figures[{i}]', study, figure)
  kinds = (Ordering, Bound, Difference, Ratio, Trend, Claim)
  check_report.all_of('study.claims', study.claims, kinds)
  for i, claim in enumerate(study.claims):
    check_report.check_claim(f'study.claims[{i}]', study, claim)
  check_report.all_of('study.analyses', study.analyses, Analysis)
  check_report.distinct('study.analyses', [a.name for a in study.analyses])
  for analysis in study.analyses:
    check_report.check_analysis(
      f'study.analyses[{analysis.name!r}]', study, analysis
    )


def _check_run(study: Study, run: Run) -> None:
  where = f'study.runs[{run.name!r}]'
  _check_seeds(f'{where}.seeds', run.seeds)
  for section in ('overrides', 'grid', 'paper'):
    value = getattr(run, section)
    if not isinstance(value, Mapping):
      raise ValueError(f'{where}.{section}: got {value!r}; accepted is a dict')
  if 'seed' in {*run.overrides, *run.grid}:
    raise ValueError(f"{where}: 'seed' is no field to change; `seeds` says it")
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
  check_report.known_runs(f'{where}.after', study, run.after)


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
  """Raises `ValueError` unless the sources of `run` have its seeds."""
  where = f'study.runs[{run.name!r}]'
  for other, seed in pairing.sources(run):
    check_report.known_runs(where, study, (other,))
    required = run.seed_list() if seed is None else (seed,)
    missing = set(required) - set(study.run(other).seed_list())
    if missing:
      raise ValueError(
        f'{where}: {other!r}, which it starts from, has no seed {min(missing)}'
      )
