"""What the recipes of dense nets share, as fields of a config.

Settings that a comment calls recalled are from memory, and have yet to be
compared with the paper. Weight decay is of kernels alone. Classifiers start as
N(0, 0.01^2), and scales of BatchNorm at 1.
"""

from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict

from jaxsparse.config.defaults import default_config
from jaxsparse.config.overrides import override
from jaxsparse.core import choices
from jaxsparse.studies import config_files

Fields = Mapping[str, Any]

IMAGENET_EXAMPLES = 1_281_167
_DENSE = {
  'updater.sparsity': 0.0,
  'updater.layers': (),
  'updater.dense_first': False,
  'checkpoint.interval': 5000,
  'checkpoint.keep': 1,
  'gradient_flow.interval': 0,
}


def drops(*points: float, length: float) -> Fields:
  """Returns a rate that falls to a tenth at each point of a length."""
  return {
    'optimizer.schedule': 'piecewise',
    'optimizer.boundaries': tuple(point / length for point in points),
    'optimizer.scales': (0.1, 0.01, 0.001)[: len(points)],
  }


def of_model(model: str, *, optimizer: str = 'sgd') -> ConfigDict:
  """Returns a config of CIFAR-10 with the defaults of a model."""
  config = default_config(updater='static', model=model, optimizer=optimizer)
  config.data = config_files.load_config('cifar10/vgg19:static').data
  config.eval.interval = 4000
  return config


def dense(
  base: str | ConfigDict,
  recipe: str,
  recipes: Mapping[str, Fields],
  fields: Fields,
) -> ConfigDict:
  """Returns the config of a dense net.

  Args:
    base: the config that it derives from, or its name.
    recipe: a key of `recipes`.
    recipes: fields of each recipe.
    fields: of all of them.
  """
  choices.check(f'recipe is {recipe!r}', recipe, recipes)
  if isinstance(base, str):
    base = config_files.load_config(base)
  return override(base, {**_DENSE, **fields, **recipes[recipe]})


_EPOCHS_160: Fields = {
  'num_epochs': 160.0,
  'batch_size': 128,
  'optimizer.learning_rate': 0.1,
  'optimizer.weight_decay': 1e-4,
  **drops(80, 120, length=160),
}
CIFAR10: Mapping[str, Fields] = {
  'open_lth': _EPOCHS_160,
  # Weight decay is recalled.
  'frankle_carbin': {
    'num_steps': 30_000,
    'batch_size': 128,
    'optimizer.learning_rate': 0.1,
    'optimizer.weight_decay': 1e-4,
    **drops(20, 25, length=30),
  },
  # Rate, falls, length and weight decay are recalled.
  'linear_mode': {
    'num_steps': 63_000,
    'batch_size': 128,
    'optimizer.learning_rate': 0.1,
    'optimizer.weight_decay': 1e-4,
    **drops(32, 48, length=63),
  },
  # All but length and batch are recalled; the last rate is 0.001.
  'renda': {
    'num_steps': 71_108,
    'batch_size': 128,
    'optimizer.learning_rate': 0.1,
    'optimizer.nesterov': True,
    'optimizer.weight_decay': 2e-4,
    **drops(91, 136, length=182),
  },
  # The paper does not print its momentum.
  'maene': {
    'num_epochs': 85.0,
    'batch_size': 128,
    'optimizer.learning_rate': 0.1,
    'optimizer.weight_decay': 1e-5,
    **drops(56, 71, length=85),
  },
  # Of the rates of the paper a small one; its code has a weight decay of 1e-4.
  'ma': {
    **_EPOCHS_160,
    'batch_size': 64,
    'optimizer.learning_rate': 0.01,
    'optimizer.weight_decay': 5e-4,
  },
}


def cifar10(*recipes: str, **fields: Fields) -> dict[str, Fields]:
  """Returns recipes of CIFAR-10 by name; `fields` has more of some."""
  return {name: {**CIFAR10[name], **fields.get(name, {})} for name in recipes}


_EPOCHS_90: Fields = {
  'num_epochs': 90.0,
  'batch_size': 1024,
  'label_smoothing': 0.0,
  'optimizer.learning_rate': 0.4,
  'optimizer.nesterov': False,
  **drops(30, 60, 80, length=90),
}
_FIVE_EPOCHS = 5 * IMAGENET_EXAMPLES // 1024
IMAGENET: Mapping[str, Fields] = {
  'open_lth': {
    **_EPOCHS_90,
    'optimizer.weight_decay': 1e-4,
    'optimizer.warmup_steps': _FIVE_EPOCHS,
  },
  # Rate, falls, weight decay and warm-up are recalled.
  'renda': {
    **_EPOCHS_90,
    'num_epochs': None,
    'num_steps': 112_590,
    'optimizer.weight_decay': 1e-4,
    'optimizer.warmup_steps': _FIVE_EPOCHS,
  },
  'maene': {
    **_EPOCHS_90,
    'optimizer.weight_decay': 1e-5,
    'optimizer.warmup_steps': 0,
  },
}
