"""Runs chosen by config field: `updater.sparsity>=0.9`."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from jaxsparse.config import literals
from jaxsparse.core import paths
from jaxsparse.studies.compare.runs import Found

_CONDITION = re.compile(r'([\w.]+?)\s*(!=|<=|>=|=|<|>|\s+in\s+)\s*(.*)', re.S)


def known(name: str, runs: Iterable[Found]) -> str:
  """A field as configs call it; `config.` before it is left out.

  Raises:
    ValueError: no run has it; says the nearest.
  """
  name = name.strip().removeprefix('config.')
  names = {field for run in runs for field in run.fields}
  if name not in names:
    raise ValueError(
      f'{name!r} is no config field of these runs.{paths.nearest(name, names)}'
    )
  return name


def where(runs: Sequence[Found], condition: str) -> list[Found]:
  """The runs that have a field and meet a condition on it.

  Args:
    runs: of one project, maybe of many methods.
    condition: `updater.sparsity>=0.9`, `updater.name in rigl,set`; with =, !=,
      <, <=, >, >= and in.

  Raises:
    ValueError: it cannot be read, an unknown field, or an order asked of what
      is no number.
  """
  found = _CONDITION.fullmatch(condition.strip())
  if not found:
    raise ValueError(
      f'--where: got {condition!r}; accepted is FIELD, one of = != < <= > >='
      ' in, and a value'
    )
  field, relation = known(found[1], runs), found[2].strip()
  values = [literals.literal(t) for t in literals.split(found[3])]
  if relation != 'in' and len(values) > 1:
    raise ValueError(f'--where: got {condition!r}; several values go with in')
  return [
    run
    for run in runs
    if field in run.fields
    and _meets(field, plain(run.fields[field]), relation, values)
  ]


def plain(value: Any) -> Any:
  """A value that can be compared and hashed: lists as tuples."""
  if isinstance(value, list | tuple):
    return tuple(plain(v) for v in value)
  return str(value) if isinstance(value, dict) else value


def is_number(value: Any) -> bool:
  """Whether a value has a place on an axis."""
  return isinstance(value, int | float) and not isinstance(value, bool)


def _meets(field: str, there: Any, relation: str, values: list[Any]) -> bool:
  wanted = [plain(value) for value in values]
  if relation in ('=', 'in'):
    return there in wanted
  (value,) = wanted
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
