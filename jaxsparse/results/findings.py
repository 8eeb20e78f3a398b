"""Findings of analyses of finished runs: their calls and their files.

An analysis is a function of runs, in `jaxsparse.analyses` or
anywhere. `<name>(workdirs, **options)` takes single runs, and
`<name>(pools, **options)` several runs of each kind together. It returns a
`Finding`, or a mapping of numbers where there is nothing to draw. A function
`draw_<name>(parts) -> Drawn` in its module draws the findings of any number of
calls, from their saved tables.
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
# A plain number, or the `summary.spread` of several; a number of several runs
# together may have the output of `summary.jackknife` beside its mean.
Number = float | dict[str, Any]
Table = Mapping[str, np.ndarray]


class Finding(NamedTuple):
  """The result of one call of an analysis.

  Attributes:
    numbers: metric -> number; NaN where undefined.
    table: the data of the figure: columns of one length, numbers or text.
    text: printed by `launch.analyze`; not saved.
  """

  numbers: Mapping[str, Number]
  table: Table = {}
  text: str = ''


class Input(NamedTuple):
  """The runs of one kind that went into a call, for a figure.

  Attributes:
    label: their name.
    style: the style of their lines, the same in all figures of a report.
  """

  label: str
  style: Mapping[str, Any]


class Part(NamedTuple):
  """A finding to be drawn.

  Attributes:
    inputs: one for each kind of run; the finding is about the first.
    table: that of the finding; numbers are float64.
  """

  inputs: tuple[Input, ...]
  table: Table


class Drawing(NamedTuple):
  """A figure of the findings of one analysis in any number of calls."""

  draw: Callable[[Sequence[Part]], Drawn]
  parts: tuple[Part, ...]


def find(spec: str | Function) -> Function:
  """Returns the analysis of a name or dotted path, or the function itself.

  Raises:
    ValueError: it is unknown; names what is accepted.
  """
  return registry.resolve(spec, PACKAGE)


def names() -> tuple[str, ...]:
  """Returns the names of analyses, besides dotted paths."""
  return registry.names(PACKAGE)


def full_name(function: Function) -> str:
  """Returns the dotted path of a function."""
  return f'{function.__module__}.{function.__qualname__}'


def takes_pools(function: Function) -> bool:
  """Returns whether an analysis takes several runs of each kind together."""
  return next(iter(inspect.signature(function).parameters), '') == 'pools'


def drawer(function: Function) -> Callable[[Sequence[Part]], Drawn] | None:
  """Returns the function that draws the findings of an analysis, or `None`."""
  module = sys.modules[function.__module__]
  return getattr(module, f'draw_{function.__name__}', None)


def check_options(function: Function, options: Mapping[str, Any]) -> None:
  """Raises `ValueError` for unknown or missing options of an analysis.

  And for values that do not have the annotated types, where those are plain
  ones.
  """
  parameters = inspect.signature(function).parameters.values()
  if any(p.kind is p.VAR_KEYWORD for p in parameters):
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
  """Formats the annotated type of an option, as 'an int or None'."""
  name = str(getattr(annotation, '__name__', annotation))
  article = 'an' if name.startswith('int') else 'a'
  return f'{article} {name.replace(" | ", " or ")}'


def call(
  function: Function, inputs: Sequence[Any], options: Mapping[str, Any]
) -> Finding:
  """Calls an analysis and returns its finding.

  Args:
    function: the analysis.
    inputs: a workdir for each kind of run, or for pools a list of them.
    options: of the analysis.

  Raises:
    ValueError: it does not apply to these runs; names the reason.
  """
  finding = function(inputs, **options)
  if not isinstance(finding, Finding):
    finding = Finding(finding)
  return Finding(
    {
      str(name): value if isinstance(value, dict) else float(value)
      for name, value in finding.numbers.items()
    },
    {str(name): np.asarray(column) for name, column in finding.table.items()},
    finding.text,
  )


def keep(
  stem: pathlib.Path, asked: Mapping[str, Any], found: Finding
) -> tuple[pathlib.Path, ...]:
  """Writes `stem`.json, and `stem`.csv if there is a table.

  Args:
    stem: path without suffix; its folder is created if missing.
    asked: the request for the finding, for JSON; written with the numbers.
    found: as from `call`.

  Returns:
    The paths of the files.
  """
  numbers, table = _files(stem)
  stem.parent.mkdir(parents=True, exist_ok=True)
  # Deleted first and written last: a finding that has it is complete.
  numbers.unlink(missing_ok=True)
  table.unlink(missing_ok=True)
  if found.table:
    workdir.write_atomic(table, to_csv(found.table))
  content = {**asked, 'numbers': dict(found.numbers)}
  workdir.write_atomic(numbers, json.dumps(content, indent=2))
  return (numbers, table) if found.table else (numbers,)


def kept(stem: pathlib.Path, asked: Mapping[str, Any]) -> Finding | None:
  """Reads the saved finding of an equal request, or returns `None`."""
  if asked_before(stem) != asked:
    return None
  numbers, table = _files(stem)
  saved = json.loads(numbers.read_text('utf-8'))['numbers']
  text = table.read_text('utf-8') if table.exists() else ''
  return Finding(saved, from_csv(text) if text else {})


def asked_before(stem: pathlib.Path) -> Mapping[str, Any] | None:
  """Reads the request of a saved finding; `None` if it cannot be read."""
  try:
    content = json.loads(_files(stem)[0].read_text('utf-8'))
    del content['numbers']
  except (OSError, ValueError, KeyError, TypeError):
    return None
  return content


def to_csv(table: Table) -> str:
  """Formats a table as the text of a CSV file; floats have all digits."""
  columns = (column.tolist() for column in table.values())
  return lines_of_csv(list(table), zip(*columns, strict=True))


def from_csv(text: str) -> Table:
  """Parses the output of `to_csv`; columns of numbers are float64."""
  heading, *rows = csv.reader(io.StringIO(text))
  columns = zip(*rows, strict=True) if rows else [()] * len(heading)
  return {n: _column(c) for n, c in zip(heading, columns, strict=True)}


def _fits(value: Any, annotation: Any) -> bool:
  """Returns whether a value has one of the types, or they are not plain."""
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
