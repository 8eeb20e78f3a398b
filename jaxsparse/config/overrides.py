"""Changes to a config, dotted field -> value, and their texts in flags."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config import literals
from jaxsparse.config.dicts import flat
from jaxsparse.config.fields import check, typed
from jaxsparse.config.resolve import applicable, resolve
from jaxsparse.config.run_config import ACCEPTED
from jaxsparse.core import choices

# Of the two, one replaces the other.
LENGTHS = ('num_steps', 'num_epochs')
_RANGE = re.compile(r'(-?\d+):(-?\d+)(?::(-?\d+))?')


def override(base: Any, changes: Mapping[str, Any]) -> Any:
  """Returns a copy of `base` with changes; `resolve` checks the values.

  Hyperparameters of methods that are not selected are left out: a grid over
  methods sets hyperparameters that only some of them have. The result does not
  depend on the method that the config file selects.

  Args:
    base: a `ConfigDict`.
    changes: one of `num_steps` and `num_epochs` replaces the other.
  """
  config = base.copy_and_resolve_references()
  with config.unlocked(), config.ignore_type():
    if len(set(LENGTHS) & set(changes)) == 1:
      config.update(dict.fromkeys(LENGTHS))
    for field, value in _applicable(base, changes).items():
      *sections, last = field.split('.')
      target = config
      for section in sections:
        target = target[section]
      target[last] = value
  return config


def merged(
  fields: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
  """Returns `fields` updated with `changes`.

  If `changes` sets `num_steps` or `num_epochs`, both are first removed from
  `fields`.
  """
  replaced = LENGTHS if set(LENGTHS) & set(changes) else ()
  return {f: v for f, v in fields.items() if f not in replaced} | dict(changes)


def check_fields(
  where: str, changes: Mapping[str, Iterable[str]], base: Any
) -> None:
  """Raises `ValueError` for a changed field that no config has.

  Args:
    where: of the changes, for the message.
    changes: part of `where` -> dotted fields. Hyperparameters of the other
      methods of a section are accepted too, as in a config file; of a section
      whose name is changed, all fields.
    base: a `ConfigDict`.
  """
  accepted = _known_fields(base)
  changed = set().union(*changes.values())
  renamed = tuple(
    f'{section}.'
    for section in config_lib.SECTIONS
    if f'{section}.name' in changed
  )
  for part, fields in changes.items():
    for field in fields:
      if field not in accepted and not field.startswith(renamed):
        raise ValueError(
          f'{where}.{part}: {field!r} is no field of a config.'
          f'{choices.nearest(field, accepted)}'
        )


def _known_fields(base: Any) -> set[str]:
  """Returns the fields of a `ConfigDict`, and those that other methods have."""
  names = {
    section: base[section]['name']
    for section in config_lib.SECTIONS
    if section in base
  }
  of_methods = {
    f'{section}.{field}'
    for section in config_lib.SECTIONS
    for name in config_lib.names(section)
    for field in config_lib.hyperparameters(section, name)
  }
  complete = flat(config_lib.nested_defaults(**names))
  return of_methods | set(complete) | set(flat(config_lib.nested(base)))


def _applicable(base: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
  """Returns `changes` without hyperparameters of methods not selected."""
  out = dict(changes)
  for section in config_lib.SECTIONS:
    prefix = f'{section}.'
    values = {
      field.removeprefix(prefix): value
      for field, value in changes.items()
      if field.startswith(prefix)
    }
    if values and section in base:
      name = values.get('name', base[section]['name'])
      for field in set(values) - set(applicable(section, name, values)):
        del out[prefix + field]
  return out


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


def current_values(
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
        f'{choices.nearest(field, fields)}'
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
