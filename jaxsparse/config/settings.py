"""Fields and values on a command line: `config.seed=0:5`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config import literals
from jaxsparse.config.dicts import flat
from jaxsparse.config.fields import check, typed
from jaxsparse.config.resolve import resolve
from jaxsparse.config.run_config import ACCEPTED
from jaxsparse.core import paths

_RANGE = re.compile(r'(-?\d+):(-?\d+)(?::(-?\d+))?')


def by_field(settings: Sequence[str], flag: str) -> dict[str, str]:
  """Splits texts 'config.FIELD=...' into dotted field -> text after `=`.

  Raises:
    ValueError: no `=`, nothing after it, or a repeated field.
  """
  texts: dict[str, str] = {}
  for setting in settings:
    name, _, text = setting.partition('=')
    field = name.strip().removeprefix('config.')
    if not field or not text.strip():
      raise ValueError(
        f'--{flag}: got {setting!r}; accepted is config.FIELD=VALUES'
      )
    if field in texts:
      raise ValueError(f'--{flag}: config.{field} is there twice')
    texts[field] = text.strip()
  return texts


def known_fields(
  config: Any, texts: Mapping[str, str], flag: str
) -> dict[str, Any]:
  """Returns the value in `config` of each field of `texts`.

  Where `texts` name several methods, the fields of all of them are accepted.

  Args:
    config: a `ConfigDict` made by `config.default_config`.
    texts: from `by_field`.
    flag: the flag that set the fields, for errors.

  Raises:
    ValueError: the config is wrong, or has no such field; names the nearest.
  """
  fields = flat(resolve(config))
  for section in config_lib.SECTIONS:
    for name in literals.split(texts.get(f'{section}.name', '')):
      if name:
        fields = _brought(section, literals.literal(name)) | fields
  for field in texts:
    if field not in fields:
      raise ValueError(
        f'--{flag}: config.{field}: no such field.'
        f'{paths.nearest(field, fields)}'
      )
  return {field: fields[field] for field in texts}


def _brought(section: str, name: str) -> dict[str, Any]:
  parameters = config_lib.hyperparameters(section, name)
  values = config_lib.nested_defaults(**{section: name})[section]
  return {f'{section}.{field}': values.get(field) for field in parameters}


def values(field: str, text: str, like: Any) -> tuple[Any, ...]:
  """Parses the values of a field that a text lists, without repeats.

  Args:
    field: dotted.
    text: values with commas between them; of ints also ranges, `0:5` and
      `0:100:25`, without their end. Text may be quoted.
    like: a value of the field, whose type all must have; `None` for a field
      that is checked where it is used.

  Raises:
    ValueError: a value that the field does not accept, or an empty range.
  """
  parsed: list[Any] = []
  for part in literals.split(text):
    bounds = _RANGE.fullmatch(part)
    if bounds and (like is None or type(like) is int):
      numbers = _range(*(int(b) for b in bounds.groups(default='1')))
      if not numbers:
        raise ValueError(f'config.{field}: the range {part} is empty')
      parsed += (value(field, str(number), like) for number in numbers)
    else:
      parsed.append(value(field, part, like))
  return tuple(dict.fromkeys(parsed))


def _range(begin: int, end: int, step: int) -> range:
  return range(begin, end, step) if step else range(0)


def value(field: str, text: str, like: Any) -> Any:
  """Parses one value of a field; arguments and errors as for `values`."""
  parsed = literals.literal(text)
  # For a text field, words such as `true` are text, and so is 0.9.
  if isinstance(like, str) and not isinstance(parsed, str):
    parsed = text
  parsed = typed(field, parsed, like)
  if field in ACCEPTED:
    check(field, parsed, ACCEPTED[field])
  return parsed
