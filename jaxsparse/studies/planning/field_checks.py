"""Checks of the fields of a study."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from jaxsparse.core import choices
from jaxsparse.results import quantities
from jaxsparse.studies.spec import Run, Study

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


def runs(where: str, study: Study, names: Any) -> tuple[Run, ...]:
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
