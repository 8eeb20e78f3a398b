"""Checks of a complete config by the functions that it names.

Each part is built, or traced, with the run's own numbers, so that its errors
are raised before the run starts. Nothing is computed.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.run_config import (
  InitConfig,
  Named,
  RunConfig,
  UpdaterConfig,
)
from jaxsparse.core import initialisation, paths, registry, schedules
from jaxsparse.core import masks as masks_lib
from jaxsparse.core.types import (
  Counts,
  MaskState,
  MaskUpdater,
  Params,
  PyTree,
)
from jaxsparse.optim import learning_rate
from jaxsparse.optim.frozen import check_moves
from jaxsparse.optim.masked import forward_params
from jaxsparse.optim.reset import check_momentum
from jaxsparse.optim.supported import check_optimiser
from jaxsparse.training.state import Member, Recipe
from jaxsparse.training.task import Task

# Invariants of the methods that may start with the masks of another run.
KEEP_COUNTS = ('per_leaf', 'total')
# Invariants of the methods that meet their sparsity by the end of the run.
SCHEDULED = ('scheduled', 'scheduled_total')


def check_names(config: RunConfig) -> None:
  """Raises `ValueError` for names that lead nowhere; no data are needed.

  `resolve` has looked up those of its sections.
  """
  for field, specs, package in (
    ('task', (config.task,), 'jaxsparse.tasks'),
    ('metrics', config.metrics, 'jaxsparse.metrics'),
    (
      'pruning.criterion',
      (config.pruning.criterion,),
      'jaxsparse.core.criteria',
    ),
    ('loggers', config.loggers, 'jaxsparse.runs.loggers'),
    (
      'updater.distribution',
      (config.updater.distribution,),
      'jaxsparse.core.distributions',
    ),
    ('data.augment', config.data.augment, config_lib.AUGMENTATIONS),
  ):
    for spec in specs:
      try:
        registry.resolve(spec, package)
      except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f'config.{field}: {error}') from None
  learning_rate.find(config.optimizer.schedule)


def shapes(
  name: Named, task: Task, inputs: jax.ShapeDtypeStruct
) -> tuple[Params, PyTree]:
  """Returns the abstract params and statistics of a model for these inputs."""
  try:
    variables = jax.eval_shape(task.init, jax.random.key(0), inputs)
    leaves = paths.flatten(variables[0])
    masks_lib.check_sizes({path: leaf.shape for path, leaf in leaves.items()})
  except (OverflowError, TypeError, ValueError) as error:
    # With its cause: the error may come from the user's own model.
    raise ValueError(f'config.model ({name}): {error}') from error
  return variables


def check_logits(
  name: Named,
  task: Task,
  variables: tuple[Params, PyTree],
  example: tuple[jax.ShapeDtypeStruct, jax.ShapeDtypeStruct],
  num_classes: int,
) -> None:
  """Refuses a model without a logit for each class of each label.

  Args:
    name: of the model.
    task: the model with its loss.
    variables: abstract, from `shapes`.
    example: a batch of one, abstract: inputs and labels.
    num_classes: of the data.

  Raises:
    ValueError: names the shape of its logits, and the accepted one.
  """
  # Two examples: with one, a sum over the batch would not be noticed.
  inputs, labels = (
    jax.ShapeDtypeStruct((2, *one.shape[1:]), one.dtype) for one in example
  )
  expected = (*labels.shape, num_classes)
  try:
    logits = jax.eval_shape(task.logits, *variables, inputs)
  except (TypeError, ValueError) as error:
    raise ValueError(f'config.model ({name}): {error}') from error
  if getattr(logits, 'shape', None) != expected:
    kind = 'characters of a text' if labels.shape[1:] else 'images'
    shape = jax.tree.map(lambda leaf: leaf.shape, logits)
    raise ValueError(
      f'config.model.name: {name} gives logits of shape {shape} for {kind} of'
      f' shape {inputs.shape}; accepted is {expected}, one for each of'
      f' {num_classes} classes'
    )


def check_init(
  init: InitConfig,
  initialise: Callable[..., PyTree],
  member: Member,
  params: Params,
  counts: Counts,
) -> None:
  """Raises `ValueError` for an `init` that would fail when the run starts."""
  keeps = config_lib.find('init', init.name) is initialisation.dense
  if init.checkpoint and not keeps:
    raise ValueError(
      f'config.init.name: {init.name} would redraw the weights that'
      ' config.init.checkpoint gives; accepted with it is dense'
    )
  masks = masks_lib.map_masks(
    lambda p, _: jax.ShapeDtypeStruct(p.shape, bool), params, counts
  )
  try:  # With concrete numbers, so that bad ones are refused; not computed.
    jax.eval_shape(
      lambda p, m, key: initialise(p, m, key=key, **member.init),
      params,
      masks,
      member.key,
    )
  except (ValueError, TypeError) as error:
    raise ValueError(f'config.init ({init.name}): {error}') from None


def checked_updater(
  config: RunConfig, member: Member, kwargs: Mapping[str, Any]
) -> MaskUpdater:
  """Returns the method, built with concrete numbers to check them."""
  name = config.updater.name
  builder = config_lib.find('updater', name)
  try:
    updater = registry.build(builder, member.counts, **kwargs)
  except (ValueError, TypeError) as error:
    raise ValueError(f'config.updater ({name}): {error}') from None
  if not isinstance(updater, MaskUpdater):
    raise ValueError(
      f'config.updater.name: {name} gives {type(updater).__name__}; accepted'
      ' is a function that gives a MaskUpdater'
    )
  _check_updater(config, updater)
  return updater


def check_counts_of_masks(
  name: Named, recipe: Recipe, member: Member, params: Params, state: MaskState
) -> None:
  """Raises `ValueError` for a method that would not keep the counts of masks.

  The method is traced: nothing after its `init` may read the counts that it
  was built with.

  Args:
    name: of the method.
    recipe: of the run.
    member: one of the run.
    params: abstract.
    state: the initial state of the method, abstract.
  """

  def steps(counts: Counts, params: Params, state: MaskState) -> PyTree:
    updater = recipe.updater(member._replace(counts=counts))
    at = {'step': jnp.int32(0), 'key': member.key}
    hooks = (updater.observe, updater.regularise, updater.update)
    return (
      forward_params(updater, params, state),
      [step(params, state, params, **at) for step in hooks],
    )

  jaxpr = jax.make_jaxpr(steps)(member.counts, params, state).jaxpr
  inputs = jaxpr.invars[: len(jax.tree.leaves(member.counts))]
  read = [v for eqn in jaxpr.eqns for v in eqn.invars] + jaxpr.outvars
  if any(v is count for v in read for count in inputs):
    raise ValueError(
      f'config.init.counts: {name} returns to the counts of config.updater'
      ' whatever masks it starts from; accepted with it is updater'
    )


def check_optimizer(
  recipe: Recipe, updater: MaskUpdater, member: Member, params: Params
) -> None:
  """Raises `ValueError` for an optimiser that would fail in the run."""

  def check(traced: Member) -> None:
    tx = recipe.optimiser(traced, jnp.int32(0))
    check_optimiser(tx, params)
    if updater.facts.mask_steps != 'none':
      check_moves(tx, params, _changing(updater, params, member.counts))

  try:
    jax.eval_shape(check, member)  # Nothing is computed for it.
    if updater.momenta is not None:
      tx = recipe.optimiser(member, jnp.int32(0))
      check_momentum(tx, params, member.counts)
  except (ValueError, TypeError) as error:
    raise ValueError(f'config.optimizer: {error}') from None


def _changing(updater: MaskUpdater, params: Params, counts: Counts) -> Counts:
  """Returns `counts`, but `None` for leaves that keep all of their weights."""
  if updater.facts.invariant in ('total', 'scheduled_total'):
    return counts

  def one(param: jax.ShapeDtypeStruct, count: np.int32) -> np.int32 | None:
    return None if count == math.prod(param.shape) else count

  return masks_lib.map_masks(one, params, counts)


def window(section: UpdaterConfig, updater: MaskUpdater) -> tuple[int, int]:
  """Returns the interval of the mask steps of the method, [start, stop)."""
  try:
    return schedules.mask_window(
      updater.facts.mask_steps, section.start_step, section.stop_step
    )
  except ValueError as error:
    raise ValueError(f'config.updater ({section.name}): {error}') from None


def _check_updater(config: RunConfig, updater: MaskUpdater) -> None:
  section, num_steps, init = config.updater, config.num_steps, config.init
  name, stop_step = section.name, section.stop_step
  if updater.facts.invariant == 'dense' and section.sparsity != 0:
    raise ValueError(
      f'config.updater.sparsity: got {section.sparsity}; {name}'
      ' keeps all weights, so accepted is 0'
    )
  field = 'masks' if init.masks else 'counts'
  from_masks = init.masks or init.counts == 'masks'
  if from_masks and updater.facts.invariant not in KEEP_COUNTS:
    raise ValueError(
      f'config.init.{field}: {name} starts with all weights active; accepted'
      ' with it is a method whose number of active weights stays the same'
    )
  if from_masks and updater.facts.scores_at_init:
    raise ValueError(
      f'config.init.{field}: {name} makes masks by scores of the initial'
      ' weights; accepted with it is a method that starts from any, as static'
    )
  sampler = section.hyperparameters.get('sampler')
  usual = config_lib.defaults('updater', name).get('sampler')
  if init.masks and sampler != usual:
    raise ValueError(
      f'config.updater.sampler: got {sampler!r}, but config.init.masks gives'
      f' the masks; accepted with it is {usual!r}'
    )
  start, stop = window(section, updater)
  try:
    schedules.check_window(
      updater.facts.mask_steps, start, min(stop_step, num_steps)
    )
  except ValueError:
    raise ValueError(
      f'config.updater.start_step {start}, stop_step {stop_step}'
      f' and config.num_steps {num_steps}: {name} would never change a mask;'
      ' accepted is a start_step below both of the others'
    ) from None
  if updater.facts.invariant in SCHEDULED and stop > num_steps:
    raise ValueError(
      f'config.updater: {name} meets its target at stop_step {stop}; accepted'
      f' is at most num_steps {num_steps}'
    )
