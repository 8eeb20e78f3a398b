"""Checks of the figures, claims and analyses of a study."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse.analyses.harness import calls
from jaxsparse.claims.claim import Claim
from jaxsparse.studies.planning import field_checks
from jaxsparse.studies.planning.pairing import match, seeded
from jaxsparse.studies.spec import Analysis, Figure, Run, Study


def check_figure(where: str, study: Study, figure: Figure) -> None:
  """Raises `ValueError` if a figure refers to what the study does not have."""
  ours = type(figure).__module__ == Figure.__module__
  if type(figure) is Figure or not (ours or hasattr(figure, 'draw')):
    raise ValueError(
      f'{where}: got {figure!r}; accepted is a figure with a method draw'
    )
  names = getattr(figure, 'runs', ())
  runs = field_checks.runs(f'{where}.runs', study, names) or study.runs
  if hasattr(figure, 'grid_field'):
    field_checks.grid_field(f'{where}.grid_field', figure.grid_field, runs)
  _check_at(f'{where}.at', getattr(figure, 'at', {}), runs)
  for field, metric in zip(figure.metric_fields, figure.metrics(), strict=True):
    field_checks.metric(f'{where}.{field}', metric)
  figure.check(where)


def check_claim(where: str, study: Study, claim: Claim) -> None:
  """Raises `ValueError` unless a claim can be judged on the study's rows."""
  for field, names in claim.named_runs().items():
    field_checks.runs(f'{where}.{field}', study, names)
  field_checks.metric(f'{where}.metric', claim.metric)
  runs = [study.run(name) for name in claim.names()]
  _check_at(f'{where}.at', claim.at, runs)
  claim.check(where, study.rows())


def _check_at(where: str, at: Mapping[str, Any], runs: Sequence[Run]) -> None:
  """Raises `ValueError` for a grid point that is not in those of `runs`."""
  for name, value in at.items():
    field_checks.grid_field(where, name, runs)
    if not any(value in run.grid.get(name, ()) for run in runs):
      raise ValueError(f'{where}: {value!r} is no value of {name!r}')


def check_analysis(where: str, study: Study, analysis: Analysis) -> None:
  """Raises `ValueError` if an analysis, or a run it is of, is unknown."""
  runs = _runs(f'{where}.of', study, analysis)
  try:
    function = calls.find(analysis.function)
    calls.check_options(function, analysis.options)
  except ValueError as error:
    raise ValueError(f'{where}.function: {error}') from None
  if calls.takes_pools(function) != analysis.pooled:
    takes = 'pools' if not analysis.pooled else 'single runs'
    raise ValueError(
      f'{where}.pooled: got {analysis.pooled}, but {function.__name__} takes'
      f' {takes}; accepted is {not analysis.pooled}'
    )
  for other in runs[1:]:
    for row in runs[0].rows():
      match(study, row, other.name, where)


def _runs(where: str, study: Study, analysis: Analysis) -> tuple[Run, ...]:
  """Returns the runs that an analysis reads."""
  if not isinstance(analysis.of, str) and not analysis.of:
    raise ValueError(f'{where}: got no runs; accepted is one or more')
  names = [seeded(n) if isinstance(n, str) else (n, None) for n in analysis.of]
  plain = analysis.of if isinstance(analysis.of, str) else [n for n, _ in names]
  runs = field_checks.runs(where, study, plain)
  for run, (_, seed) in zip(runs, names, strict=True):
    if seed is not None and seed not in run.seed_list():
      raise ValueError(
        f'{where}: {run.name!r} has no seed {seed}; accepted are'
        f' {", ".join(map(str, run.seed_list()))}'
      )
  return runs
