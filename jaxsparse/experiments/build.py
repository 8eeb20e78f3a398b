"""From a settled config to the objects of a run. Nothing compiles here."""

import functools
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths, registry
from jaxsparse.core.types import Counts, MaskUpdater, Params, Path
from jaxsparse.data import datasets, order
from jaxsparse.experiments import config as config_lib
from jaxsparse.experiments import optimizers
from jaxsparse.experiments.resolve import Plain, resolve, settle_steps
from jaxsparse.optim.supported import check_optimiser
from jaxsparse.training.plan import Plan
from jaxsparse.training.state import Member
from jaxsparse.training.step import Recipe
from jaxsparse.training.task import Task, classification


class Experiment(NamedTuple):
  """A run, ready to start.

  Attributes:
    config: the settled config, plain.
    dataset: in host memory.
    module: the model.
    task: the model with its loss.
    recipe: what the train and mask steps are made of.
    params: the abstract params.
    counts: active weights of each masked leaf that the run ends with.
    members: one a replicate; replicate i is the run of seed + i.
    plan: when what is due.
    batches: `(replicate, begin, end) -> int32 [end - begin, batch]`.
  """

  config: Plain
  dataset: datasets.Dataset
  module: nn.Module
  task: Task
  recipe: Recipe
  params: Params
  counts: Counts
  members: tuple[Member, ...]
  plan: Plan
  batches: Callable[[int, int, int], np.ndarray]

  @property
  def target_counts(self) -> dict[Path, int]:
    """`counts` by path."""
    return paths.flatten(self.counts)


def build(config: Any) -> Experiment:
  """The run that a config describes.

  Args:
    config: a `ConfigDict` made by `config.default_config`.

  Raises:
    ValueError: what was got, what is accepted, at which field.
  """
  resolved = resolve(config)
  data = resolved['data']
  dataset = datasets.load(
    data['name'],
    data_dir=data['dir'] or None,
    validation=_validation(data['validation']),
  )
  settled = settle_steps(resolved, len(dataset.train.labels))
  module = _module(settled['model'], dataset.num_classes)
  task = _task(module)
  params = _abstract_params(task, dataset)
  counts = _counts(settled['updater'], module, task, params, dataset)
  recipe = _recipe(settled, module)
  members = _members(settled, counts)
  _try_builders(settled, recipe, members[0], params)
  return Experiment(
    settled,
    dataset,
    module,
    task,
    recipe,
    params,
    counts,
    members,
    _plan(settled),
    functools.partial(_batches, settled, len(dataset.train.labels)),
  )


def _validation(value: float) -> int | float:
  """A whole number of 1 or more is a count, as the field is a float."""
  return int(value) if value >= 1 and value == int(value) else value


def _module(section: Plain, num_classes: int) -> nn.Module:
  builder = config_lib.find('model', section['name'])
  kwargs = {k: v for k, v in section.items() if k != 'name'}
  if 'num_classes' in registry.parameters(builder):
    kwargs['num_classes'] = num_classes
  return builder(**kwargs)


@functools.lru_cache(maxsize=32)
def _task(module: nn.Module) -> Task:
  return classification(module)


def example_inputs(dataset: datasets.Dataset) -> jax.ShapeDtypeStruct:
  """What the model is initialised on: one image, float32 `[1, h, w, c]`."""
  shape = (1, *dataset.train.images.shape[1:])
  return jax.ShapeDtypeStruct(shape, jnp.float32)


def _abstract_params(task: Task, dataset: datasets.Dataset) -> Params:
  params, _ = jax.eval_shape(
    task.init, jax.random.key(0), example_inputs(dataset)
  )
  return params


def _counts(
  updater: Plain,
  module: nn.Module,
  task: Task,
  params: Params,
  dataset: datasets.Dataset,
) -> Counts:
  name = updater['distribution']
  try:
    distribution = registry.resolve(name, 'jaxsparse.core.distributions')
  except ValueError as error:
    raise ValueError(f'config.updater.distribution: {error}') from None
  accepted = registry.parameters(distribution)
  kwargs: dict[str, Any] = {}
  layers = _layers(updater['layers'])
  if layers:
    kwargs['layers' if 'layers' in accepted else 'custom'] = layers
  if updater['dense_first']:
    kwargs['dense_first'] = _first_kernel(task, params, dataset)
  for argument in kwargs:
    if argument not in accepted:
      raise ValueError(f'config.updater: {name} takes no {argument}')
  try:
    return distribution(params, updater['sparsity'], **kwargs)
  except ValueError as error:
    raise type(error)(f'config.updater: {error}') from None


def _layers(entries: tuple[str, ...]) -> dict[str, str]:
  """('pattern=sparsity', ...) as a mapping."""
  layers = {}
  for entry in entries:
    pattern, equals, sparsity = str(entry).rpartition('=')
    if not equals:
      raise ValueError(
        f"config.updater.layers: got {entry!r}; accepted is 'pattern=sparsity'"
      )
    layers[pattern] = sparsity
  return layers


def _first_kernel(
  task: Task, params: Params, dataset: datasets.Dataset
) -> Path:
  """The masked kernel that the forward pass uses first."""
  _, model_state = jax.eval_shape(
    task.init, jax.random.key(0), example_inputs(dataset)
  )
  used = paths.order_of_use(
    lambda p, x: task.logits(p, model_state_zeros(model_state), x),
    params,
    example_inputs(dataset),
  )
  shapes = {p: leaf.shape for p, leaf in paths.flatten(params).items()}
  return next(path for path in used if paths.kernels(path, shapes[path]))


def model_state_zeros(model_state: Any) -> Any:
  """Zeros of the shapes of an abstract model state."""
  return jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), model_state)


def _recipe(settled: Plain, module: nn.Module) -> Recipe:
  """The steps' functions; equal parts give the same, already compiled ones."""
  static_updater = {
    k: v for k, v in _updater_kwargs(settled).items() if not _traced(v)
  }
  return _cached_recipe(
    module,
    settled['updater']['name'],
    _frozen(static_updater),
    _frozen(
      {
        k: v
        for k, v in settled['optimizer'].items()
        if k not in ('learning_rate', 'weight_decay')
      }
    ),
    settled['num_steps'],
  )


@functools.lru_cache(maxsize=32)
def _cached_recipe(
  module: nn.Module,
  updater_name: config_lib.Named,
  static_updater: tuple[tuple[str, Any], ...],
  optimizer: tuple[tuple[str, Any], ...],
  num_steps: int,
) -> Recipe:
  builder = config_lib.find('updater', updater_name)

  def updater(member: Member) -> MaskUpdater:
    return builder(member.counts, **dict(static_updater), **member.updater)

  return Recipe(
    _task(module).loss, optimizers.make(dict(optimizer), num_steps), updater
  )


def _updater_kwargs(settled: Plain) -> Plain:
  """What the updater's builder is given besides the counts."""
  section = settled['updater']
  accepted = registry.parameters(config_lib.find('updater', section['name']))
  return {name: section[name] for name in accepted if name in section}


def _traced(value: Any) -> bool:
  return isinstance(value, float)


def _frozen(section: Plain) -> tuple[tuple[str, Any], ...]:
  return tuple(sorted(section.items()))


def _members(settled: Plain, counts: Counts) -> tuple[Member, ...]:
  def floats(section):
    return {k: np.float32(v) for k, v in section.items() if _traced(v)}

  optimizer = {
    k: np.float32(settled['optimizer'][k])
    for k in ('learning_rate', 'weight_decay')
  }
  return tuple(
    Member(
      key=jax.random.key(settled['seed'] + i),
      counts=jax.tree.map(np.int32, counts),
      optimizer=optimizer,
      updater=floats(_updater_kwargs(settled)),
      init=floats(settled['init']),
    )
    for i in range(settled['replicates'])
  )


def _try_builders(
  settled: Plain, recipe: Recipe, member: Member, params: Params
) -> None:
  """Builds once with the concrete numbers, so that bad ones are refused."""
  section = settled['updater']
  builder = config_lib.find('updater', section['name'])
  try:
    updater = builder(member.counts, **_updater_kwargs(settled))
  except (ValueError, TypeError) as error:
    raise ValueError(f'config.updater ({section["name"]}): {error}') from None
  scheduled = updater.invariant == 'scheduled'
  if updater.invariant == 'dense' and section['sparsity'] != 0:
    raise ValueError(
      f'config.updater.sparsity: got {section["sparsity"]}; {section["name"]}'
      ' keeps all weights, so accepted is 0'
    )
  if scheduled and not (
    section['start_step'] < section['stop_step'] <= settled['num_steps']
  ):
    raise ValueError(
      f'config.updater: {section["name"]} meets its target at stop_step'
      f' {section["stop_step"]}; accepted is above start_step'
      f' {section["start_step"]} and at most num_steps {settled["num_steps"]}'
    )
  if settled['init']['checkpoint'] and settled['init']['name'] != 'dense':
    raise ValueError(
      f'config.init.name: {settled["init"]["name"]} would redraw the weights'
      ' that config.init.checkpoint gives; accepted with it is dense'
    )
  tx = recipe.optimiser(member, jnp.int32(0))
  try:
    check_optimiser(tx, params)
  except ValueError as error:
    raise ValueError(f'config.optimizer: {error}') from None


def _plan(settled: Plain) -> Plan:
  updater = settled['updater']
  return Plan(
    num_steps=settled['num_steps'],
    update_interval=updater['update_interval'],
    start_step=updater['start_step'],
    stop_step=updater['stop_step'],
    log_interval=settled['log_interval'],
    eval_interval=settled['eval']['interval'],
    checkpoint_interval=settled['checkpoint']['interval'],
    keep_steps=tuple(settled['checkpoint']['keep_steps']),
  )


def _batches(
  settled: Plain, size: int, replicate: int, begin: int, end: int
) -> np.ndarray:
  words = (settled['seed'] + replicate, zlib.crc32(b'order'))
  return order.batch_indices(words, size, settled['batch_size'], begin, end)


def total_sizes(experiment: Experiment) -> dict[Path, int]:
  """Weights of each masked leaf by path."""
  return masks_lib.sizes_by_path(
    masks_lib.map_masks(lambda p, _: p, experiment.params, experiment.counts)
  )
