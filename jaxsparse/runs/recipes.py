"""A run's functions, apart from its numbers.

Learning rate, weight decay, and every float of the sections `updater` and
`init` are numbers: traced, as fields of `Member`, and never compiled in. All
other settings make functions, which are cached here by those settings. So runs
that differ in numbers alone (seed, sparsity, drop fraction ...) get the very
same functions, and with them the same compiled programs.
"""

import functools
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from flax import linen as nn

from jaxsparse import metrics as metrics_lib
from jaxsparse.analysis import exploration
from jaxsparse.config import defaults as config_lib
from jaxsparse.config.fields import Plain
from jaxsparse.core import registry
from jaxsparse.core.types import MaskUpdater, PyTree
from jaxsparse.metrics import Metric
from jaxsparse.optim import optimizers
from jaxsparse.optim.own_age import with_regrown
from jaxsparse.runs import preprocessing
from jaxsparse.training.state import Member, Recipe
from jaxsparse.training.task import Task

Frozen = tuple[tuple[str, Any], ...]


def module(section: Plain, num_classes: int) -> nn.Module:
  """Builds the model of the config section `model`.

  Raises:
    ValueError: the model refuses its hyperparameters.
  """
  kwargs = {k: v for k, v in section.items() if k != 'name'}
  return _module(section['name'], num_classes, _frozen(kwargs))


@functools.lru_cache(maxsize=32)
def task(
  module: nn.Module,
  spec: config_lib.Named = 'classification',
  label_smoothing: float = 0.0,
) -> Task:
  """Returns the model with its loss.

  Args:
    module: the model.
    spec: `config.task`.
    label_smoothing: of the config; for tasks that take it.

  Raises:
    ValueError: the task is unknown, or takes no label smoothing.
  """
  try:
    builder = registry.resolve(spec, 'jaxsparse.tasks')
  except ValueError as error:
    raise ValueError(f'config.task: {error}') from None
  if 'label_smoothing' in registry.parameters(builder):
    return builder(module, label_smoothing=label_smoothing)
  if label_smoothing:
    raise ValueError(
      f'config.label_smoothing: got {label_smoothing}; {spec} takes none'
    )
  return builder(module)


def metrics(settled: Plain, *, is_text: bool) -> tuple[Metric, ...]:
  """Returns the metrics of the evaluations of a run.

  Without any in the config, accuracy; of a text, bits a character as well.

  Raises:
    ValueError: one is unknown, is no metric, or has the name of another.
  """
  specs = settled['metrics'] or ('accuracy', *(('bits',) if is_text else ()))
  try:
    chosen = tuple(metrics_lib.find(spec) for spec in specs)
  except ValueError as error:
    raise ValueError(f'config.metrics: {error}') from None
  names = [metric.name for metric in chosen]
  if len(set(names)) < len(names) or 'loss' in names:
    raise ValueError(
      f'config.metrics: got {", ".join(names)}; accepted are names that differ,'
      ' and are not loss'
    )
  return chosen


def recipe(settled: Plain, module: nn.Module) -> Recipe:
  """Returns the functions of the train and mask steps of a settled config."""
  _, *parts = static_parts(settled)
  return _recipe(module, *parts)


def static_parts(settled: Plain) -> tuple[Hashable, ...]:
  """Returns the settings that are compiled into the steps, data apart."""
  optimizer = {
    k: v
    for k, v in settled['optimizer'].items()
    if k not in ('learning_rate', 'weight_decay')
  }
  return (
    _frozen(settled['model']),
    settled['updater']['name'],
    _frozen(_static(updater_kwargs(settled))),
    settled['updater']['remember_masks'],
    _frozen(optimizer),
    settled['num_steps'],
    settled['task'],
    settled['label_smoothing'],
    preprocessing.chosen(settled['data']),
    settled['init']['counts'] == 'masks',
  )


def initialiser(section: Plain) -> Callable[..., PyTree]:
  """Returns the function of the section `init`, which takes `Member.init`."""
  accepted = config_lib.hyperparameters('init', section['name'])
  kwargs = {k: v for k, v in section.items() if k in accepted}
  return _initialiser(section['name'], _frozen(_static(kwargs)))


def updater_kwargs(settled: Plain) -> Plain:
  """Returns the arguments of the updater's builder besides the counts."""
  section = settled['updater']
  accepted = registry.parameters(config_lib.find('updater', section['name']))
  return {name: section[name] for name in accepted if name in section}


def numbers(section: Plain) -> dict[str, np.float32]:
  """Returns the traced hyperparameters of a section: its floats."""
  return {k: np.float32(v) for k, v in section.items() if isinstance(v, float)}


def _static(section: Plain) -> Plain:
  return {k: v for k, v in section.items() if not isinstance(v, float)}


def _frozen(section: Plain) -> Frozen:
  return tuple(sorted(section.items()))


@functools.lru_cache(maxsize=32)
def _module(
  name: config_lib.Named, num_classes: int, frozen: Frozen
) -> nn.Module:
  builder = config_lib.find('model', name)
  kwargs = dict(frozen)
  if 'num_classes' in registry.parameters(builder):
    kwargs['num_classes'] = num_classes
  try:
    return builder(**kwargs)
  except (TypeError, ValueError) as error:
    raise ValueError(f'config.model: {error}') from None


@functools.lru_cache(maxsize=32)
def _recipe(
  module: nn.Module,
  updater_name: config_lib.Named,
  static_updater: Frozen,
  remember_masks: bool,
  optimizer: Frozen,
  num_steps: int,
  task_spec: config_lib.Named,
  label_smoothing: float,
  augmentations: preprocessing.Chosen,
  counts_of_masks: bool,
) -> Recipe:
  builder = config_lib.find('updater', updater_name)

  def updater(member: Member) -> MaskUpdater:
    built = builder(member.counts, **dict(static_updater), **member.updater)
    if counts_of_masks and built.facts.invariant == 'per_leaf':
      # Of the distribution's counts, only the sum still holds.
      built = built._replace(facts=built.facts._replace(invariant='total'))
    return exploration.remembering(built) if remember_masks else built

  make = optimizers.make(dict(optimizer), num_steps)
  regrown = dict(optimizer)['regrown']
  return Recipe(
    task(module, task_spec, label_smoothing).loss,
    lambda *args: with_regrown(make(*args), regrown),
    updater,
    preprocessing.augment(augmentations),
    regrown,
  )


@functools.lru_cache(maxsize=32)
def _initialiser(
  name: config_lib.Named, static: Frozen
) -> Callable[..., PyTree]:
  return functools.partial(config_lib.find('init', name), **dict(static))
