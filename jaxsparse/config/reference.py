"""The fields of a config as readable text: value, accepted values, meaning."""

import dataclasses
from typing import Any, NamedTuple

from jaxsparse.config import defaults
from jaxsparse.config.run_config import ACCEPTED, RunConfig
from jaxsparse.core import docstrings, registry


class Field(NamedTuple):
  """A field of a config.

  Attributes:
    name: dotted, as on the command line.
    value: its value, or default.
    accepted: the condition on its values, besides their type; '' for none.
    help: one line.
  """

  name: str
  value: Any
  accepted: str
  help: str


def fields(config: Any) -> list[Field]:
  """Returns the fields of a config, those of its method and model included.

  Args:
    config: a `ConfigDict` made by `default_config`.
  """
  values, out = defaults.nested(config), []
  for one in dataclasses.fields(RunConfig):
    if not dataclasses.is_dataclass(one.default):
      out.append(_field(one, one.name, values[one.name]))
      continue
    section, inside = one.name, values[one.name]
    typed = [f for f in dataclasses.fields(one.default) if f.name in inside]
    out += [_field(f, f'{section}.{f.name}', inside[f.name]) for f in typed]
    helps = _helps(section, inside.get('name'))
    for name in sorted(inside.keys() - {f.name for f in typed}):
      dotted = f'{section}.{name}'
      accepted = ACCEPTED[dotted].text if dotted in ACCEPTED else ''
      out.append(Field(dotted, inside[name], accepted, helps.get(name, '')))
  return out


def text(config: Any) -> str:
  """Formats the fields of a config, one a line, for a terminal."""
  lines = []
  for name, value, accepted, meaning in fields(config):
    note = f' ({accepted})' if accepted else ''
    lines.append(f'  --config.{name}={value!r}{note}\n    {meaning}')
  return '\n'.join(lines)


def _field(one: dataclasses.Field[Any], name: str, value: Any) -> Field:
  return Field(name, value, one.metadata['accepted'].text, one.metadata['help'])


def _helps(section: str, spec: Any) -> dict[str, str]:
  """Returns the texts of the hyperparameters of a section."""
  if section == 'data':
    return {
      f'{name}_{argument}': f'{meaning} Of the augmentation {name}.'
      for name in registry.names(defaults.AUGMENTATIONS)
      for argument, meaning in docstrings.arguments(
        registry.resolve(name, defaults.AUGMENTATIONS)
      ).items()
    }
  if section not in defaults.SECTIONS:
    return {}
  builder = defaults.find(section, spec)
  # What options a method shares with others, `registry.parameters` knows.
  shared = vars(builder).get('options')
  helps = docstrings.arguments(shared) if shared else {}
  return helps | docstrings.arguments(builder)
