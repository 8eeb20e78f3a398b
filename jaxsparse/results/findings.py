"""What analyses of finished runs find, and how it is called for and kept.

An analysis is a function of runs, in `jaxsparse.analyses` or
anywhere. `<name>(workdirs, **options)` is made of single runs, and
`<name>(pools, **options)` of several runs of each kind together. It returns a
`Finding`, or a mapping of numbers where there is nothing to draw. A function
`draw_<name>(parts) -> Drawn` in its module draws what it found, of any number
of calls, from the tables that were kept.
"""

import csv
import inspect
import io
import json
import pathlib
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxsparse.config.text import lines_of_csv
from jaxsparse.core import choices, registry
from jaxsparse.plotting.looks import Drawn
from jaxsparse.runs import workdir

PACKAGE = 'jaxsparse.analyses'

Function = Callable[..., Any]
# A plain number, or what `summary.spread` makes of several; one that is of
# several runs together may have beside its mean what `summary.jackknife` makes.
Number = float | dict[str, Any]
Table = Mapping[str, np.ndarray]


class Finding(NamedTuple):
  """What one call of an analysis found.

  Attributes:
    numbers: metric -> number; NaN where there is none to give.
    table: what is drawn of it: columns of one length, numbers or text.
    text: what of it is shown to who makes it by hand; not kept.
  """

  numbers: Mapping[str, Number]
  table: Table = {}
  text: str = ''


class Input(NamedTuple):
  """The runs of one kind that went into a call, for a figure.

  Attributes:
    label: what they are called.
    style: how their lines are drawn, alike in all figures of a report.
  """

  label: str
  style: Mapping[str, Any]


class Part(NamedTuple):
  """A finding to be drawn.

  Attributes:
    inputs: one for each kind of run; what was found is about the first.
    table: that of the finding; numbers are float64.
  """

  inputs: tuple[Input, ...]
  table: Table


class Drawing(NamedTuple):
  """A figure of what one analysis found in any number of calls."""

  draw: Callable[[Sequence[Part]], Drawn]
  parts: tuple[Part, ...]


def find(spec: str | Function) -> Function:
  """The analysis of that name, dotted path, or the function itself.

  Raises:
    ValueError: unknown; says what is accepted.
  """
  return registry.resolve(spec, PACKAGE)


def names() -> tuple[str, ...]:
  """The analyses that can be named, besides dotted paths."""
  return registry.names(PACKAGE)


def full_name(function: Function) -> str:
  """The dotted path of a function."""
  return f'{function.__module__}.{function.__qualname__}'


def takes_pools(function: Function) -> bool:
  """Whether an analysis is made of several runs of each kind together."""
  return next(iter(inspect.signature(function).parameters), '') == 'pools'


def drawer(function: Function) -> Callable[[Sequence[Part]], Drawn] | None:
  """What draws the findings of an analysis, if anything does."""
  module = sys.modules[function.__module__]
  return getattr(module, f'draw_{function.__name__}', None)


def check_options(function: Function, options: Mapping[str, Any]) -> None:
  """Raises `ValueError` for options that an analysis lacks, or needs.

  And for values that are not of the types it is annotated with, where those
  are plain ones.
  """
  every = inspect.signature(function).parameters.values()
  if any(p.kind is p.VAR_KEYWORD for p in every):
    return
  accepted = registry.parameters(function)
  for name in options:
    choices.check(f'{function.__name__} has no option {name!r}', name, accepted)
  for name, parameter in accepted.items():
    if parameter.default is parameter.empty and name not in options:
      raise ValueError(f'{function.__name__} needs the option {name}')
    if name in options and not _fits(options[name], parameter.annotation):
      raise ValueError(
        f'{function.__name__}: {name} is {options[name]!r}; accepted is'
        f' {_kinds(parameter.annotation)}'
      )


def _kinds(annotation: Any) -> str:
  """'an int or None', of a type that options are held to."""
  name = str(getattr(annotation, '__name__', annotation))
  article = 'an' if name.startswith('int') else 'a'
  return f'{article} {name.replace(" | ", " or ")}'


def call(
  function: Function, inputs: Sequence[Any], options: Mapping[str, Any]
) -> Finding:
  """What an analysis finds.

  Args:
    function: the analysis.
    inputs: a workdir for each kind of run, or for pools a list of them.
    options: of the analysis.

  Raises:
    ValueError: it cannot be made of these runs; says why.
  """
  found = function(inputs, **options)
  if not isinstance(found, Finding):
    found = Finding(found)
  return Finding(
    {
      str(name): value if isinstance(value, dict) else float(value)
      for name, value in found.numbers.items()
    },
    {str(name): np.asarray(column) for name, column in found.table.items()},
    found.text,
  )


def keep(
  stem: pathlib.Path, asked: Mapping[str, Any], found: Finding
) -> tuple[pathlib.Path, ...]:
  """Writes `stem`.json, and `stem`.csv if there is a table.

  Args:
    stem: whose folder is made if need be.
    asked: what the finding is of, for JSON; written with the numbers.
    found: as from `call`.

  Returns:
    The paths that were written.
  """
  numbers, table = _files(stem)
  stem.parent.mkdir(parents=True, exist_ok=True)
  # First gone and last back: a finding that has it is whole.
  numbers.unlink(missing_ok=True)
  table.unlink(missing_ok=True)
  if found.table:
    workdir.write_atomic(table, to_csv(found.table))
  content = {**asked, 'numbers': dict(found.numbers)}
  workdir.write_atomic(numbers, json.dumps(content, indent=2))
  return (numbers, table) if found.table else (numbers,)


def kept(stem: pathlib.Path, asked: Mapping[str, Any]) -> Finding | None:
  """What was kept of a call that asked for the same, or `None`."""
  if asked_before(stem) != asked:
    return None
  numbers, table = _files(stem)
  found = json.loads(numbers.read_text('utf-8'))['numbers']
  text = table.read_text('utf-8') if table.exists() else ''
  return Finding(found, from_csv(text) if text else {})


def asked_before(stem: pathlib.Path) -> Mapping[str, Any] | None:
  """What the finding that is kept is of; `None` if none can be read."""
  try:
    content = json.loads(_files(stem)[0].read_text('utf-8'))
    del content['numbers']
  except (OSError, ValueError, KeyError, TypeError):
    return None
  return content


def to_csv(table: Table) -> str:
  """A table as the text of a CSV file; floats have all their digits."""
  columns = (column.tolist() for column in table.values())
  return lines_of_csv(list(table), zip(*columns, strict=True))


def from_csv(text: str) -> Table:
  """The inverse of `to_csv`; columns of numbers are float64."""
  heading, *rows = csv.reader(io.StringIO(text))
  columns = zip(*rows, strict=True) if rows else [()] * len(heading)
  return {n: _column(c) for n, c in zip(heading, columns, strict=True)}


def _fits(value: Any, annotation: Any) -> bool:
  """Whether a value is of one of the types, if these are plain."""
  types = set(typing.get_args(annotation) or (annotation,))
  if not types <= {int, float, bool, str, type(None)}:
    return True
  return type(value) in types or (type(value) is int and float in types)


def _files(stem: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
  # Not `with_suffix`: names of members have points in them.
  return stem.with_name(f'{stem.name}.json'), stem.with_name(f'{stem.name}.csv')


def _column(cells: Sequence[str]) -> np.ndarray:
  try:
    return np.asarray([float(cell) for cell in cells])
  except ValueError:
    return np.asarray(cells)
