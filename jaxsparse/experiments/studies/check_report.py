"""What a study may ask of its report: figures, claims, analyses."""

from jaxsparse.core import registry
from jaxsparse.experiments.studies import accept, claims
from jaxsparse.experiments.studies.pairing import match
from jaxsparse.experiments.studies.spec import (
  Against,
  Analysis,
  Bound,
  Claim,
  Curves,
  Difference,
  Ordering,
  Study,
  Trend,
)

ANALYSES = 'jaxsparse.experiments.analyses'


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
  runs = accept.runs(f'{where}.of', study, analysis.of)
  if not runs:
    raise ValueError(f'{where}.of: got no runs; accepted is one or more')
  try:
    registry.resolve(analysis.function, ANALYSES)
  except ValueError as error:
    raise ValueError(f'{where}.function: {error}') from None
  for other in runs[1:]:
    for row in runs[0].rows():
      match(study, row, other.name, where)
