"""A run's functions, apart from its numbers.

Learning rate, weight decay, and every float of the sections `updater` and
`init` are numbers: traced, as fields of `Member`, and never compiled in. All
other settings make functions, which are cached here by those settings. So runs
that differ in numbers alone (seed, sparsity, drop fraction ...) get the very
same functions, and with them the same compiled programs.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from flax import linen as nn
from flax.core import FrozenDict

from jaxsparse import metrics as metrics_lib
from jaxsparse.analysis import exploration
from jaxsparse.config import defaults as config_lib
from jaxsparse.config import dicts, literals
from jaxsparse.config.run_config import (
  Hyperparameters,
  InitConfig,
  ModelConfig,
  Named,
  OptimizerConfig,
  RunConfig,
  UpdaterConfig,
)
from jaxsparse.core import registry
from jaxsparse.core.types import MaskUpdater, PyTree
from jaxsparse.metrics import Metric
from jaxsparse.optim import learning_rate, optimizers
from jaxsparse.optim.regrown import with_regrown
from jaxsparse.runs import preprocessing
from jaxsparse.training.mixed_precision import MixedPrecision
from jaxsparse.training.state import Member, Recipe
from jaxsparse.training.task import Task


@functools.cache
def module(model: ModelConfig, num_classes: int) -> nn.Module:
  """Builds the model.

  Raises:
    ValueError: the model refuses its hyperparameters.
  """
  builder = config_lib.find('model', model.name)
  kwargs = dict(model.hyperparameters)
  if 'num_classes' in registry.parameters(builder):
    kwargs['num_classes'] = num_classes
  try:
    return builder(**kwargs)
  except (TypeError, ValueError) as error:
    raise ValueError(f'config.model: {error}') from None


@functools.cache
def task(
  module: nn.Module,
  spec: Named = RunConfig.task,
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


def task_in(dtype: str, config: RunConfig, num_classes: int) -> Task:
  """Returns the task of a run with a model that computes in `dtype`.

  A model that takes `dtype` is built with it, and knows what is best kept in
  float32; of others all layers compute in it.
  """
  model = config.model
  takes = 'dtype' in model.hyperparameters
  if takes:
    hyperparameters = model.hyperparameters.copy({'dtype': dtype})
    model = dataclasses.replace(model, hyperparameters=hyperparameters)
  net: Any = module(model, num_classes)
  if not takes and dtype != 'float32':
    net = MixedPrecision(net, dtype)
  return task(net, config.task, config.label_smoothing)


def metrics(specs: tuple[Named, ...], *, is_text: bool) -> tuple[Metric, ...]:
  """Returns the metrics of the evaluations of a run.

  Without any in the config, accuracy; of a text, bits a character as well.

  Raises:
    ValueError: one is unknown, is no metric, or has the name of another.
  """
  specs = specs or ('accuracy', *(('bits',) if is_text else ()))
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


def recipe(config: RunConfig, task: Task, num_classes: int) -> Recipe:
  """Returns the functions of the train and mask steps.

  Recipes are equal if runs differ in numbers alone, or in fields that are not
  compiled into the steps.

  Args:
    config: of the run.
    task: its model with its loss.
    num_classes: of its data.
  """
  updater, compute = config.updater, config.compute
  if compute.dtype != 'float32':
    task = task_in(compute.dtype, config, num_classes)
  return Recipe(
    task.loss,
    _optimiser(without_numbers(config.optimizer), config.num_steps),
    _updater(
      updater.name,
      FrozenDict(_static(updater_kwargs(updater))),
      updater.remember_masks,
    ),
    preprocessing.augment(config.data),
    config.optimizer.regrown,
    config.anchors.distance if config.anchors.runs else '',
    compute.accumulation,
    compute.rematerialise,
  )


def without_numbers(optimizer: OptimizerConfig) -> OptimizerConfig:
  """Returns the section with defaults of what `Member.optimizer` holds."""
  return dataclasses.replace(
    optimizer,
    learning_rate=OptimizerConfig.learning_rate,
    weight_decay=OptimizerConfig.weight_decay,
  )


def rate(optimizer: OptimizerConfig, num_steps: int) -> learning_rate.Shape:
  """Returns the learning rate over its base value, as a function of step."""
  return learning_rate.shape(
    num_steps,
    optimizer.schedule,
    warmup_steps=optimizer.warmup_steps,
    boundaries=optimizer.boundaries,
    scales=optimizer.scales,
    arguments=literals.arguments(
      'optimizer.schedule_arguments', optimizer.schedule_arguments
    ),
  )


def initialiser(init: InitConfig) -> Callable[..., PyTree]:
  """Returns the function of the section `init`, which takes `Member.init`."""
  accepted = config_lib.hyperparameters('init', init.name)
  static = _static(_arguments(init, accepted))
  return _initialiser(init.name, FrozenDict(static))


def updater_kwargs(updater: UpdaterConfig) -> dict[str, Any]:
  """Returns the arguments of the updater's builder besides the counts."""
  builder = config_lib.find('updater', updater.name)
  return _arguments(updater, registry.parameters(builder))


def by_masks(updater: MaskUpdater, config: RunConfig) -> MaskUpdater:
  """Returns the method with the invariant that the masks of its run allow.

  Of counts that another run's masks distribute over the layers, only the sum is
  known.
  """
  init, pruning, facts = config.init, config.pruning, updater.facts
  ranked = pruning.level > 0 and pruning.scope == 'global'
  moved = init.shuffle_masks and init.shuffle_scope != 'layer'
  of_masks = ranked or moved or init.counts == 'masks'
  if facts.invariant == 'per_leaf' and of_masks:
    return updater._replace(facts=facts._replace(invariant='total'))
  return updater


def numbers(fields: Mapping[str, Any]) -> dict[str, np.float32]:
  """Returns the traced hyperparameters among some: floats."""
  return {k: np.float32(v) for k, v in fields.items() if isinstance(v, float)}


def _arguments(section: Any, accepted: Iterable[str]) -> dict[str, Any]:
  fields = dicts.to_dict(section)
  return {name: fields[name] for name in accepted if name in fields}


def _static(fields: Mapping[str, Any]) -> dict[str, Any]:
  return {k: v for k, v in fields.items() if not isinstance(v, float)}


# Not forgotten: runs that can be trained together are known by their recipe.
@functools.cache
def _updater(
  name: Named,
  kwargs: Hyperparameters,
  remember_masks: bool,
) -> Callable[[Member], MaskUpdater]:
  builder = config_lib.find('updater', name)

  def updater(member: Member) -> MaskUpdater:
    built = registry.build(builder, member.counts, **kwargs, **member.updater)
    return exploration.remembering(built) if remember_masks else built

  return updater


@functools.cache
def _optimiser(
  optimizer: OptimizerConfig, num_steps: int
) -> optimizers.Optimiser:
  make = optimizers.make(
    optimizer.name,
    _arguments(optimizer, optimizers.hyperparameters(optimizer.name)),
    rate(optimizer, num_steps),
    clip_norm=optimizer.clip_norm,
    no_decay=optimizer.no_decay,
  )
  return lambda *args: with_regrown(make(*args), optimizer.regrown)


@functools.cache
def _initialiser(name: Named, kwargs: Hyperparameters) -> Callable[..., PyTree]:
  return functools.partial(config_lib.find('init', name), **kwargs)
