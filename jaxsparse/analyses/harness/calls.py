"""Analyses by name, their options, and their calls."""

import inspect
import pathlib
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse.analyses.harness.result import Function, Result
from jaxsparse.core import choices, docstrings, registry

_PACKAGE = 'jaxsparse.analyses'


def find(spec: str | Function) -> Function:
  """Returns the analysis of a name or dotted path, or the function itself.

  Raises:
    ValueError: it is unknown; names what is accepted.
  """
  return registry.resolve(spec, _PACKAGE)


def names() -> tuple[str, ...]:
  """Returns the names of analyses, besides dotted paths."""
  return registry.names(_PACKAGE)


def name_of(spec: str | Function) -> str:
  """Returns a name or dotted path as it is, and that of a function."""
  if isinstance(spec, str):
    return spec
  return f'{spec.__module__}.{spec.__qualname__}'


def line(spec: str | Function) -> str:
  """Returns a line on an analysis: what it measures, of what, by options."""
  function = find(spec)
  runs, *_ = docstrings.arguments(function).values()
  options = ', '.join(registry.parameters(function))
  ends = f' Options: {options}.' if options else ''
  return f'{docstrings.summary(function)} {runs[:1].upper()}{runs[1:]}{ends}'


def takes_pools(function: Function) -> bool:
  """Returns whether an analysis takes several runs of each kind together."""
  return next(iter(inspect.signature(function).parameters), '') == 'pools'


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
        f' {_types(parameter.annotation)}'
      )


def call(
  function: Function,
  pools: Sequence[Sequence[pathlib.Path]],
  options: Mapping[str, Any],
) -> Result:
  """Calls an analysis and returns its result.

  Args:
    function: the analysis.
    pools: workdirs, a list for each kind of run; for an analysis of single runs
      it does not matter how they are grouped.
    options: of the analysis.

  Raises:
    ValueError: it does not apply to these runs; names the reason.
  """
  workdirs = [workdir for pool in pools for workdir in pool]
  result = function(pools if takes_pools(function) else workdirs, **options)
  return result if isinstance(result, Result) else Result(result)


def _types(annotation: Any) -> str:
  """Formats the annotated type of an option, as 'an int or None'."""
  name = str(getattr(annotation, '__name__', annotation))
  article = 'an' if name.startswith('int') else 'a'
  return f'{article} {name.replace(" | ", " or ")}'


def _fits(value: Any, annotation: Any) -> bool:
  """Returns whether a value has one of the types, or they are not plain."""
  types = set(typing.get_args(annotation) or (annotation,))
  if not types <= {int, float, bool, str, type(None)}:
    return True
  return type(value) in types or (type(value) is int and float in types)
