"""What a study may ask of its report: figures, claims, analyses."""

from jaxsparse.experiments import findings
from jaxsparse.experiments.studies.claims import claims
from jaxsparse.experiments.studies.planning import accept
from jaxsparse.experiments.studies.planning.pairing import match, seeded
from jaxsparse.experiments.studies.spec import (
  Against,
  Analysis,
  Bound,
  Claim,
  Curves,
  Difference,
  Ordering,
  Run,
  Study,
  Trend,
)


def check_figure(where: str, study: Study, figure: Curves | Against) -> None:
  """Raises `ValueError` for a figure of what the study does not have."""
  shown = accept.runs(f'{where}.runs', study, figure.runs) or study.runs
  if isinstance(figure, Against):
    accept.grid_field(f'{where}.grid_field', figure.grid_field, shown)


def check_claim(where: str, study: Study, claim: Claim) -> None:
  """Raises `ValueError` for a claim on what the study does not have."""
  match claim:
    case Ordering(names):
      runs = accept.runs(f'{where}.runs', study, names)
      if len(runs) < 2:
        raise ValueError(f'{where}.runs: got {names!r}; accepted is 2 or more')
    case Bound(name, relation):
      runs = accept.runs(f'{where}.run', study, (name,))
      accept.one_of(f'{where}.relation', relation, ('>=', '<='))
    case Difference(name, other, relation):
      runs = accept.runs(f'{where}.run', study, (name,))
      runs += accept.runs(f'{where}.other', study, (other,))
      accept.one_of(f'{where}.relation', relation, ('>=', '<='))
    case Trend(name, along, direction):
      runs = accept.runs(f'{where}.run', study, (name,))
      accept.one_of(f'{where}.direction', direction, ('rises', 'falls'))
      accept.grid_field(f'{where}.along', along, runs)
      if claim.minus:
        runs += accept.runs(f'{where}.minus', study, (claim.minus,))
  for name, value in claim.at.items():
    accept.grid_field(f'{where}.at', name, runs)
    if not any(value in run.grid.get(name, ()) for run in runs):
      raise ValueError(f'{where}.at: {value!r} is no value of {name!r}')
  claims.check(where, claim, study)


def check_analysis(where: str, study: Study, analysis: Analysis) -> None:
  """Raises `ValueError` for one of unknown runs, or unknown itself."""
  runs = _runs(f'{where}.of', study, analysis)
  try:
    function = findings.find(analysis.function)
    findings.check_options(function, analysis.options)
  except ValueError as error:
    raise ValueError(f'{where}.function: {error}') from None
  if findings.takes_pools(function) != analysis.pooled:
    takes = 'pools' if not analysis.pooled else 'single runs'
    raise ValueError(
      f'{where}.pooled: got {analysis.pooled}, but {function.__name__} takes'
      f' {takes}; accepted is {not analysis.pooled}'
    )
  for other in runs[1:]:
    for row in runs[0].rows():
      match(study, row, other.name, where)


def _runs(where: str, study: Study, analysis: Analysis) -> tuple[Run, ...]:
  """The runs that an analysis is of."""
  if not isinstance(analysis.of, str) and not analysis.of:
    raise ValueError(f'{where}: got no runs; accepted is one or more')
  names = [seeded(n) if isinstance(n, str) else (n, None) for n in analysis.of]
  plain = analysis.of if isinstance(analysis.of, str) else [n for n, _ in names]
  runs = accept.runs(where, study, plain)
  for run, (_, seed) in zip(runs, names, strict=True):
    if seed is not None and seed not in run.seed_list():
      raise ValueError(
        f'{where}: {run.name!r} has no seed {seed}; accepted are'
        f' {", ".join(map(str, run.seed_list()))}'
      )
  return runs
