"""The only module that imports ConfigDict: defaults and lookup of names.

A config has the sections `data`, `model`, `optimizer`, `updater`, `init`,
`checkpoint`, `eval` and `gradient_flow`, and `seed`, `replicates`,
`batch_size`, `num_steps` (or `num_epochs`), `multiplier`, `task`, `metrics`,
`label_smoothing` and `log_interval`. The sections `model`, `updater` and `init`
hold a `name` and the hyperparameters of the function that it names:
`default_config` reads them from its signature, so a new method brings its own
fields and no file here changes.
"""

import inspect
from collections.abc import Callable
from typing import Any

import ml_collections
from ml_collections import config_dict

from jaxsparse.core import registry
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

Named = str | Callable[..., Any]


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
  config = ml_collections.ConfigDict()
  config.made_for = _section(
    model=model, optimizer=optimizer, updater=updater, init=init
  )
  config.seed = 0
  config.replicates = 1
  config.batch_size = 128
  config.num_steps = config_dict.placeholder(int)
  config.num_epochs = config_dict.placeholder(float)
  config.multiplier = 1.0
  config.task = 'classification'
  config.metrics = ()
  config.label_smoothing = 0.0
  config.log_interval = 100
  config.data = _section(
    **{'name': 'digits', 'dir': '', 'validation': 0.0},
    **{'source': 'auto', 'image_size': 0, 'workers': 4},
    **{'sequence_length': 0},
    **{'mean': (), 'std': (), 'standardize': False, 'augment': ()},
    **_augmentation_defaults(),
  )
  config.model = _section(name=model, **defaults('model', model))
  config.optimizer = _section(
    **{'name': optimizer, 'learning_rate': 0.1, 'weight_decay': 0.0}
    | defaults('optimizer', optimizer)
    | {'schedule': 'cosine', 'warmup_steps': 0, 'clip_norm': 0.0}
    | {'boundaries': (), 'scales': (), 'no_decay': (), 'regrown': 'zero'},
  )
  if optimizer == 'sgd':
    config.optimizer.momentum = 0.9
  config.updater = _section(
    name=updater,
    sparsity=0.9,
    distribution='erk',
    dense_first=False,
    layers=(),
    layers_in_budget=False,
    update_interval=100,
    start_step=config_dict.placeholder(int),
    stop_step=config_dict.placeholder(int),
    start_fraction=0.0,
    stop_fraction=0.75,
    remember_masks=False,
    **defaults('updater', updater),
  )
  config.init = _section(
    name=init,
    checkpoint='',
    checkpoint_step=config_dict.placeholder(int),
    masks='',
    masks_step=config_dict.placeholder(int),
    shuffle_masks=False,
    counts='updater',
    **defaults('init', init),
  )
  config.checkpoint = _section(interval=1000, keep=2, keep_steps=())
  config.eval = _section(interval=500, split='auto', batch_size=1000)
  config.gradient_flow = _section(
    interval=1000, probe_size=1000, at_updates=False
  )
  return config


def _section(**fields: Any) -> ml_collections.ConfigDict:
  return ml_collections.ConfigDict(fields)


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
  unset = config_dict.placeholder(object)
  return {
    name: unset if p.default is None else p.default
    for name, p in hyperparameters(section, spec).items()
    if p.default is not inspect.Parameter.empty
  }


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


def plain(config: ml_collections.ConfigDict) -> dict[str, Any]:
  """Converts a config to nested dicts, tuples and scalars."""
  return config.to_dict()
