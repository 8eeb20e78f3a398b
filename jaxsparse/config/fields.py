"""Accepted values of the fields of a config, and their checks."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxsparse.core.types import LARGEST

# Ints of a run are int32, as `step`; a word of a seed has 32 bits.
LARGEST_INT = 2**31 - 1
SEEDS = 2**32


class Accepted(NamedTuple):
  """A condition on values: a description, and the test.

  Values that are tested have the type of the field's default, and are finite.
  """

  text: str
  test: Callable[[Any], bool]


def within(low: int, high: int) -> Accepted:
  """Accepts ints in `low` .. `high`."""
  return Accepted(f'in {low} .. {high}', lambda v: low <= v <= high)


def at_most(high: int) -> Accepted:
  """Accepts ints up to `high`."""
  return Accepted(f'at most {high}', lambda v: v <= high)


def one_of(names: Sequence[str]) -> Accepted:
  """Accepts some names."""
  return Accepted(', '.join(names), lambda v: v in names)


def unset_or(text: str, *types: type) -> Accepted:
  """Accepts `None`, and values of these very types."""
  return Accepted(text, lambda v: v is None or type(v) in types)


def _is_number(value: Any) -> bool:
  return type(value) in (int, float)


def _are_numbers(values: Any) -> bool:
  return all(_is_number(v) and abs(v) <= LARGEST for v in values)


def _are_ints(values: Iterable[Any], low: int) -> bool:
  return all(type(v) is int and low <= v <= LARGEST_INT for v in values)


ANY = Accepted('', lambda v: True)
POSITIVE_INT = Accepted('an int >= 1', lambda v: v >= 1)
COUNT = Accepted('an int >= 0', lambda v: v >= 0)
POSITIVE = Accepted('> 0', lambda v: v > 0)
FRACTION = Accepted('in [0, 1]', lambda v: 0 <= v <= 1)
# In an optimiser of the user's own a field of such a name may be no number.
NOT_NEGATIVE = Accepted('>= 0', lambda v: not _is_number(v) or v >= 0)
BELOW_ONE = Accepted('in [0, 1)', lambda v: not _is_number(v) or 0 <= v < 1)
MOMENTUM = Accepted(
  'in [0, 1)', lambda v: v is None or (_is_number(v) and 0 <= v < 1)
)
NUMBERS = Accepted('finite numbers', _are_numbers)
POSITIVE_NUMBERS = Accepted(
  'numbers > 0', lambda v: _are_numbers(v) and all(x > 0 for x in v)
)
COUNTS = Accepted(
  'ints >= 0', lambda v: all(type(x) is int and x >= 0 for x in v)
)
PATTERNS = Accepted(
  'patterns of kernels', lambda v: all(isinstance(x, str) for x in v)
)
METRICS = Accepted(
  'names of metrics, dotted paths and functions',
  lambda v: all(isinstance(x, str) or callable(x) for x in v),
)
LOGGERS = Accepted(
  'dotted paths and functions',
  lambda v: all('.' in x if isinstance(x, str) else callable(x) for x in v),
)
UNSET_OR_INT = Accepted(
  f'an int, at most {LARGEST_INT}',
  lambda v: v is None or _are_ints([v], -LARGEST_INT),
)
UNSET_OR_COUNT = Accepted(
  'an int >= 0', lambda v: v is None or _are_ints([v], 0)
)

# Hyperparameters of optimisers of optax.
ACCEPTED_BY_OPTIMIZERS: dict[str, Accepted] = {
  f'optimizer.{name}': accepted
  for accepted, names in (
    (MOMENTUM, 'momentum'),
    (BELOW_ONE, 'b1 b2 b3 decay rho'),
    (NOT_NEGATIVE, 'eps eps_root eta initial_accumulator_value initial_scale'),
  )
  for name in names.split()
}


def field(
  default: Any, help: str, accepted: Accepted = ANY, *, stored: bool = True
) -> Any:
  """Returns a dataclass field of a config.

  Args:
    default: its default, whose type values have; `None` for an optional one.
    help: one line, for people.
    accepted: the condition on its values, besides their type.
    stored: whether it is in `config.json`; not if `lengths.in_steps` replaces
      it by steps.
  """
  return dataclasses.field(
    default=default,
    metadata={'accepted': accepted, 'help': help, 'stored': stored},
  )


def check(name: str, value: Any, accepted: Accepted) -> None:
  """Raises `ValueError` if the field `name` does not accept `value`."""
  if not accepted.test(value):
    raise ValueError(
      f'config.{name}: got {value!r}; accepted is {accepted.text}'
    )


def _of_python(value: Any) -> Any:
  if isinstance(value, list | tuple):
    return tuple(map(_of_python, value))
  return value.item() if isinstance(value, np.number) else value


def typed(name: str, value: Any, default: Any) -> Any:
  """Converts `value` to the type of `default`: ints to floats, lists to tuples.

  NumPy numbers, as in a grid by `linspace`, become Python numbers: these leave
  the dtype of arrays unchanged, and fields accept no others. Fields whose
  default is `None` are checked where they are used.

  Raises:
    ValueError: `value` is not of that type, or not finite.
  """
  value = _of_python(value)
  if isinstance(value, float) and not abs(value) <= LARGEST:
    raise ValueError(f'config.{name}: got {value!r}; accepted is finite')
  if type(default) is int and type(value) is int and name != 'seed':
    check(name, value, at_most(LARGEST_INT))
  named = isinstance(default, str) or callable(default)
  if default is None or (named and callable(value)):
    return value
  if isinstance(default, float) and type(value) is int:
    value = float(value)
  numeric = isinstance(default, int) and isinstance(value, bool)
  if not isinstance(value, type(default)) or (
    numeric and not isinstance(default, bool)
  ):
    kind = type(default).__name__
    article = 'an' if kind == 'int' else 'a'
    raise ValueError(
      f'config.{name}: got {value!r}; accepted is {article} {kind}'
    )
  return value
