"""Fields and values as a command line gives them: `config.seed=0:5`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config import literals
from jaxsparse.config.fields import CHECKS, Plain, check, flat, typed
from jaxsparse.config.resolve import resolve
from jaxsparse.core import paths

_RANGE = re.compile(r'(-?\d+):(-?\d+)(?::(-?\d+))?')


def by_field(settings: Sequence[str], flag: str) -> dict[str, str]:
  """Dotted field -> what is said of it, of texts 'config.FIELD=...'.

  Raises:
    ValueError: no `=`, nothing behind it, or a field that is there twice.
  """
  said: dict[str, str] = {}
  for setting in settings:
    name, _, text = setting.partition('=')
    field = name.strip().removeprefix('config.')
    if not field or not text.strip():
      raise ValueError(
        f'--{flag}: got {setting!r}; accepted is config.FIELD=VALUES'
      )
    if field in said:
      raise ValueError(f'--{flag}: config.{field} is there twice')
    said[field] = text.strip()
  return said


def known_fields(
  config: Any, said: Mapping[str, str], flag: str
) -> dict[str, Any]:
  """The value that `config` has of each field of `said`.

  Where `said` names several methods, the fields of all of them are known.

  Args:
    config: a `ConfigDict` made by `config.default_config`.
    said: from `by_field`.
    flag: where it was said.

  Raises:
    ValueError: the config is wrong, or has no such field; says the nearest.
  """
  known = flat(resolve(config))
  for section in config_lib.SECTIONS:
    for name in literals.split(said.get(f'{section}.name', '')):
      if name:
        known = _brought(section, literals.literal(name)) | known
  for field in said:
    if field not in known:
      raise ValueError(
        f'--{flag}: config.{field}: no such field.{paths.nearest(field, known)}'
      )
  return {field: known[field] for field in said}


def _brought(section: str, name: str) -> Plain:
  found = config_lib.hyperparameters(section, name)
  defaults = config_lib.defaults(section, name)
  holder = config_lib.default_config(**{section: name})
  shown = config_lib.plain(holder)[section] if defaults else {}
  return {f'{section}.{field}': shown.get(field) for field in found}


def values(field: str, text: str, like: Any) -> tuple[Any, ...]:
  """The values of a field that a text lists, each once.

  Args:
    field: dotted.
    text: values with commas between them; of ints also ranges, `0:5` and
      `0:100:25`, without their end. Text may be quoted.
    like: a value of the field, of whose type the others are to be; `None` for
      a field that is checked where it is used.

  Raises:
    ValueError: a value that the field does not accept, or an empty range.
  """
  found: list[Any] = []
  for part in literals.split(text):
    bounds = _RANGE.fullmatch(part)
    if bounds and (like is None or type(like) is int):
      numbers = _range(*(int(b) for b in bounds.groups(default='1')))
      if not numbers:
        raise ValueError(f'config.{field}: the range {part} is empty')
      found += (value(field, str(number), like) for number in numbers)
    else:
      found.append(value(field, part, like))
  return tuple(dict.fromkeys(found))


def _range(begin: int, end: int, step: int) -> range:
  return range(begin, end, step) if step else range(0)


def value(field: str, text: str, like: Any) -> Any:
  """One value of a field; arguments and errors as for `values`."""
  found = literals.literal(text)
  # Words as `true` are text where text is wanted, and so is 0.9.
  if isinstance(like, str) and not isinstance(found, str):
    found = text
  found = typed(field, found, like)
  if field in CHECKS:
    check(field, found, *CHECKS[field])
  return found
