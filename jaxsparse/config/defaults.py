"""The only module that imports ConfigDict: defaults and lookup of names.

`run_config.py` has the fields. The sections `model`, `optimizer`, `updater` and
`init` hold a `name` and the hyperparameters of the function that it names:
`default_config` reads them from its signature, so a new method brings its own
fields and no file here changes.
"""

import copy
import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any

import ml_collections
from ml_collections import config_dict

from jaxsparse.config.run_config import Named, RunConfig
from jaxsparse.core import choices, registry
from jaxsparse.optim import optimizers

SECTIONS = ('model', 'optimizer', 'updater', 'init')

AUGMENTATIONS = 'jaxsparse.data.augmentations'
_PACKAGES = {
  'model': 'jaxsparse.models',
  'updater': 'jaxsparse.updaters',
  'init': 'jaxsparse.core.initialisation',
}
# Arguments that the run itself passes to a builder, so no config fields.
_SUPPLIED = {
  'model': ('num_classes',),
  'optimizer': ('learning_rate',),
  'updater': ('start_step', 'stop_step', 'update_interval'),
  'init': ('key', 'axes'),
}


def default_config(
  *,
  updater: Named = 'rigl',
  model: Named = 'mlp',
  optimizer: Named = 'sgd',
  init: Named = 'dense',
) -> ml_collections.ConfigDict:
  """Returns a config with every field at its default.

  Args:
    updater: a method of `jaxsparse.updaters`, a dotted path or a function.
    model: likewise, of `jaxsparse.models`.
    optimizer: a function of `optax` that takes a learning rate, likewise.
    init: a function of `jaxsparse.core.initialisation`, likewise.

  Returns:
    A `ConfigDict`. `made_for` holds the four names, so that the defaults of
    another method apply if a name is changed later. `num_steps`,
    `num_epochs`, `updater.start_step` and `updater.stop_step` are unset
    (`None`).
  """
  names = {
    'model': model,
    'optimizer': optimizer,
    'updater': updater,
    'init': init,
  }
  sections = _fields(RunConfig)
  for section, name in names.items():
    sections[section] |= {'name': name} | defaults(section, name)
  sections['data'] |= _augmentation_defaults()
  return ml_collections.ConfigDict({'made_for': names} | sections)


def method_fields(
  sparse: Mapping[str, Any], by_method: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
  """Returns method -> fields of `updater`, for a config file of many methods.

  Args:
    sparse: fields of all methods but `dense`, which is of sparsity 0.
    by_method: methods, separated by spaces -> their further fields.
  """
  fields = {
    method: {**sparse, **own}
    for methods, own in by_method.items()
    for method in methods.split()
  }
  return {'dense': {'sparsity': 0.0}, **fields}


def method_config(
  method: str,
  fields: Mapping[str, Mapping[str, Any]],
  *,
  model: Named = 'mlp',
  optimizer: Named = 'sgd',
  init: Named = 'dense',
) -> ml_collections.ConfigDict:
  """Returns `default_config` of a method with its fields of `updater`.

  Args:
    method: a key of `fields`.
    fields: from `method_fields`.
    model: as for `default_config`.
    optimizer: likewise.
    init: likewise.

  Raises:
    ValueError: the method is none of `fields`; lists them.
  """
  choices.check(f'method is {method!r}', method, fields)
  config = default_config(
    updater=method, model=model, optimizer=optimizer, init=init
  )
  config.updater.update(fields[method])
  return config


def _fields(section: Any) -> dict[str, Any]:
  """Returns the defaults of a section; unset ones are placeholders."""
  types = typing.get_type_hints(section)
  out: dict[str, Any] = {}
  for field in dataclasses.fields(section):
    if dataclasses.is_dataclass(field.default):
      out[field.name] = _fields(types[field.name])
    elif field.default is None:
      kind, *_ = typing.get_args(types[field.name]) or [types[field.name]]
      out[field.name] = config_dict.placeholder(kind)
    elif field.name != 'hyperparameters':
      out[field.name] = field.default
  return out


def _augmentation_defaults() -> dict[str, Any]:
  """Returns the parameters of all augmentations: `crop_padding` and others."""
  return {
    f'{name}_{parameter}': p.default
    for name in registry.names(AUGMENTATIONS)
    for parameter, p in registry.parameters(
      registry.resolve(name, AUGMENTATIONS)
    ).items()
  }


def names(section: str) -> tuple[str, ...]:
  """Returns the accepted names of a section, besides dotted paths."""
  if section == 'optimizer':
    return optimizers.names()
  return registry.names(_PACKAGES[section])


def hyperparameters(section: str, spec: Named) -> dict[str, inspect.Parameter]:
  """Returns the fields that the function named by a section adds."""
  parameters = (
    optimizers.hyperparameters(spec)
    if section == 'optimizer'
    else registry.parameters(find(section, spec))
  )
  return {n: p for n, p in parameters.items() if n not in _SUPPLIED[section]}


def defaults(section: str, spec: Named) -> dict[str, Any]:
  """Returns the defaults of the `hyperparameters` that have one."""
  values = {
    name: config_dict.placeholder(object) if p.default is None else p.default
    for name, p in hyperparameters(section, spec).items()
    if p.default is not inspect.Parameter.empty
  }
  if section == 'optimizer' and spec == 'sgd':
    values['momentum'] = 0.9
  return values


def find(section: str, spec: Named) -> Callable[..., Any]:
  """Returns the function that the `name` of a section refers to.

  Raises:
    ValueError: it is unknown; names the field and the nearest accepted name.
  """
  if section == 'optimizer':
    return optimizers.find(spec)
  try:
    return registry.resolve(spec, _PACKAGES[section])
  except ValueError as error:
    raise ValueError(f'config.{section}.name: {error}') from None


def is_config(value: Any) -> bool:
  """Returns whether `value` is a config, as from `default_config`."""
  return isinstance(value, ml_collections.ConfigDict)


def nested(config: ml_collections.ConfigDict) -> dict[str, Any]:
  """Converts a config to nested dicts, tuples and scalars."""
  return config.to_dict()


def nested_defaults(**names: Named) -> dict[str, Any]:
  """Returns `default_config(**names)` as nested dicts, without `made_for`."""
  # A module of a user's own may be loaded again with other defaults.
  ours = all(isinstance(one, str) and '.' not in one for one in names.values())
  find = _ours if ours else _nested_defaults
  return copy.deepcopy(find(**names))


def _nested_defaults(**names: Named) -> dict[str, Any]:
  tree = nested(default_config(**names))
  del tree['made_for']
  return tree


_ours = functools.lru_cache(maxsize=64)(_nested_defaults)
