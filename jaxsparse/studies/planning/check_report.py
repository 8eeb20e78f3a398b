"""Checks of the fields, figures, claims and analyses of a study."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jaxsparse.analyses.harness import calls
from jaxsparse.claims.claim import Claim
from jaxsparse.core import choices
from jaxsparse.results import quantities
from jaxsparse.studies.planning.pairing import partners, seeded
from jaxsparse.studies.spec import Analysis, Figure, Run, Study

_NAME = re.compile(r'\w+', re.ASCII)


def all_of(where: str, values: Any, kind: Any) -> None:
  """Raises `ValueError` unless `values` is a sequence of `kind`."""
  if not isinstance(values, Sequence) or not all(
    isinstance(value, kind) for value in values
  ):
    kinds = kind if isinstance(kind, tuple) else (kind,)
    raise ValueError(
      f'{where}: got {values!r}; accepted is a tuple of'
      f' {" or ".join(k.__name__ for k in kinds)}'
    )


def texts(where: str, values: Any) -> None:
  """Raises `ValueError` unless `values` holds names."""
  all_of(where, values, str)
  if isinstance(values, str) or not values:
    raise ValueError(f'{where}: got {values!r}; accepted is a tuple of names')


def distinct(where: str, names: Sequence[Any]) -> None:
  """Raises `ValueError` for a malformed or repeated name."""
  for i, name in enumerate(names):
    if not isinstance(name, str) or not _NAME.fullmatch(name):
      raise ValueError(
        f'{where}: got the name {name!r}; accepted are letters, digits and'
        ' underscores'
      )
    if name in names[:i]:
      raise ValueError(f'{where}: the name {name!r} is there twice')


def known_runs(where: str, study: Study, names: Any) -> tuple[Run, ...]:
  """Returns the runs of a study with the names `names`.

  Raises:
    ValueError: a name is unknown, or `names` is no sequence.
  """
  if isinstance(names, str) or not isinstance(names, Sequence):
    raise ValueError(f'{where}: got {names!r}; accepted is a tuple of runs')
  names_of_runs = [run.name for run in study.runs]
  for name in names:
    one_of(where, name, names_of_runs)
  return tuple(study.run(name) for name in names)


def grid_field(where: str, name: str, runs: Iterable[Run]) -> None:
  """Raises `ValueError` unless one of `runs` has `name` in its grid."""
  one_of(where, name, dict.fromkeys(f for run in runs for f in run.grid))


def metric(where: str, name: Any) -> quantities.Quantity:
  """Parses the name of a metric; raises `ValueError` if it is malformed."""
  if not isinstance(name, str):
    raise ValueError(f'{where}: got {name!r}; accepted is the name of a metric')
  try:
    return quantities.parse(name)
  except ValueError as error:
    raise ValueError(f'{where}: {error}') from None


def one_of(where: str, got: Any, accepted: Iterable[str]) -> None:
  """Raises `ValueError`, with the nearest name, if `got` is not `accepted`."""
  choices.check(f'{where}: got {got!r}', got, accepted)


def check_figure(where: str, study: Study, figure: Figure) -> None:
  """Raises `ValueError` if a figure refers to what the study does not have."""
  ours = type(figure).__module__ == Figure.__module__
  if type(figure) is Figure or not (ours or hasattr(figure, 'draw')):
    raise ValueError(
      f'{where}: got {figure!r}; accepted is a figure with a method draw'
    )
  names = getattr(figure, 'runs', ())
  runs = known_runs(f'{where}.runs', study, names) or study.runs
  if hasattr(figure, 'grid_field'):
    grid_field(f'{where}.grid_field', figure.grid_field, runs)
  _check_at(f'{where}.at', getattr(figure, 'at', {}), runs)
  for field, name in zip(figure.metric_fields, figure.metrics(), strict=True):
    metric(f'{where}.{field}', name)
  figure.check(where)


def check_claim(where: str, study: Study, claim: Claim) -> None:
  """Raises `ValueError` unless a claim can be judged on the study's rows."""
  for field, names in claim.named_runs().items():
    known_runs(f'{where}.{field}', study, names)
  metric(f'{where}.metric', claim.metric)
  runs = [study.run(name) for name in claim.names()]
  _check_at(f'{where}.at', claim.at, runs)
  claim.check(where, study.rows())


def _check_at(where: str, at: Mapping[str, Any], runs: Sequence[Run]) -> None:
  """Raises `ValueError` for a grid point that is not in those of `runs`."""
  for name, value in at.items():
    grid_field(where, name, runs)
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
  for other in analysis.of[1:]:
    for row in runs[0].rows():
      partners(study, row, other, where)


def _seeded(name: Any) -> tuple[Any, int | None]:
  """Returns the run of a name of `Analysis.of`, and its seed if it is fixed."""
  if not isinstance(name, str):
    return name, None
  return seeded(name.removesuffix('*').partition('<')[0])


def _runs(where: str, study: Study, analysis: Analysis) -> tuple[Run, ...]:
  """Returns the runs that an analysis reads."""
  if not isinstance(analysis.of, str) and not analysis.of:
    raise ValueError(f'{where}: got no runs; accepted is one or more')
  names = [_seeded(name) for name in analysis.of]
  plain = analysis.of if isinstance(analysis.of, str) else [n for n, _ in names]
  runs = known_runs(where, study, plain)
  for run, (_, seed) in zip(runs, names, strict=True):
    if seed is not None and seed not in run.seed_list():
      raise ValueError(
        f'{where}: {run.name!r} has no seed {seed}; accepted are'
        f' {", ".join(map(str, run.seed_list()))}'
      )
  return runs
