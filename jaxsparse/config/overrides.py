"""Changes to a config: dotted field -> value."""

from collections.abc import Mapping
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.dicts import flat
from jaxsparse.config.resolve import applicable

# Of the two, one replaces the other.
LENGTHS = ('num_steps', 'num_epochs')


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


def known_fields(base: Any) -> set[str]:
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
