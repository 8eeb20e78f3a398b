"""Selects runs by conditions on config fields: `updater.sparsity>=0.9`."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from jaxsparse.config import literals
from jaxsparse.core import paths
from jaxsparse.report.compare.runs import Found

_CONDITION = re.compile(r'([\w.]+?)\s*(!=|<=|>=|=|<|>|\s+in\s+)\s*(.*)', re.S)


def known(name: str, runs: Iterable[Found]) -> str:
  """Returns the name of a config field, without a leading `config.`.

  Raises:
    ValueError: no run has it; the message has the nearest name.
  """
  name = name.strip().removeprefix('config.')
  names = {field for run in runs for field in run.fields}
  if name not in names:
    raise ValueError(
      f'{name!r} is no config field of these runs.{paths.nearest(name, names)}'
    )
  return name


def where(runs: Sequence[Found], condition: str) -> list[Found]:
  """Returns the runs that have a field and meet a condition on it.

  Args:
    runs: to select from, perhaps of several methods.
    condition: `updater.sparsity>=0.9`, `updater.name in rigl,set`; with =, !=,
      <, <=, >, >= and in.

  Raises:
    ValueError: the condition cannot be parsed, the field is unknown, or values
      that are no numbers are compared by size.
  """
  matched = _CONDITION.fullmatch(condition.strip())
  if not matched:
    raise ValueError(
      f'--where: got {condition!r}; accepted is FIELD, one of = != < <= > >='
      ' in, and a value'
    )
  field, relation = known(matched[1], runs), matched[2].strip()
  values = [literals.literal(t) for t in literals.split(matched[3])]
  if relation != 'in' and len(values) > 1:
    raise ValueError(f'--where: got {condition!r}; several values go with in')
  return [
    run
    for run in runs
    if field in run.fields
    and _meets(field, plain(run.fields[field]), relation, values)
  ]


def plain(value: Any) -> Any:
  """Converts a value to a hashable one: lists become tuples."""
  if isinstance(value, list | tuple):
    return tuple(plain(v) for v in value)
  return str(value) if isinstance(value, dict) else value


def is_number(value: Any) -> bool:
  """Returns whether a value is a number, and not a boolean."""
  return isinstance(value, int | float) and not isinstance(value, bool)


def _meets(field: str, there: Any, relation: str, values: list[Any]) -> bool:
  accepted = [plain(value) for value in values]
  if relation in ('=', 'in'):
    return there in accepted
  (value,) = accepted
  if relation == '!=':
    return there != value
  if not (is_number(there) and is_number(value)):
    raise ValueError(
      f'--where: {field} {relation} {value!r}, but a run has {there!r};'
      ' accepted with it are numbers'
    )
  order = {
    '<': there < value,
    '<=': there <= value,
    '>': there > value,
    '>=': there >= value,
  }
  return order[relation]
