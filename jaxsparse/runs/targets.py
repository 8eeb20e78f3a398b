"""The active weights of each leaf, from the config section `updater`."""

import jax

from jaxsparse.config import literals
from jaxsparse.config.fields import BELOW_ONE, check
from jaxsparse.config.run_config import PruningConfig, UpdaterConfig
from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths, registry, rounds
from jaxsparse.core.types import Counts, Params, Path
from jaxsparse.training.task import Task


def target_counts(
  updater: UpdaterConfig,
  task: Task,
  params: Params,
  inputs: jax.ShapeDtypeStruct,
) -> Counts:
  """Returns the active weights of each leaf by the distribution.

  Args:
    updater: the section of a config.
    task: determines the order in which the forward pass uses kernels, for
      `dense_first` and for distributions that take an `order`.
    params: abstract.
    inputs: abstract, as the model takes them.

  Raises:
    ValueError: the distribution is unknown, does not take an argument, or
      (SparsityError) cannot meet the target.
  """
  name = updater.distribution
  try:
    distribution = registry.resolve(name, 'jaxsparse.core.distributions')
  except ValueError as error:
    raise ValueError(f'config.updater.distribution: {error}') from None
  accepted = registry.parameters(distribution)
  kwargs = literals.arguments(
    'updater.distribution_arguments', updater.distribution_arguments
  )
  layers = _layers(updater.layers)
  if layers:
    kwargs['layers' if 'layers' in accepted else 'custom'] = layers
  if updater.dense_first:
    kwargs['dense_first'] = first_kernel(task, params, inputs)
  if updater.layers_in_budget:
    kwargs['custom_in_budget'] = True
  if 'order' in accepted:
    kwargs['order'] = _kernels(task, params, inputs)
  for argument in kwargs:
    if argument not in accepted:
      raise ValueError(f'config.updater: {name} takes no {argument}')
  try:
    return distribution(params, updater.sparsity, **kwargs)
  except ValueError as error:
    raise type(error)(f'config.updater: {error}') from None
  except TypeError as error:
    raise ValueError(f'config.updater: {error}') from None


def counts_after_rounds(
  pruning: PruningConfig, counts: Counts, params: Params
) -> Counts:
  """Returns the counts after `pruning.level` rounds; before any, `counts`.

  Args:
    pruning: the section of a config.
    counts: of the section `updater`, dense; which leaves are masked.
    params: abstract.

  Raises:
    ValueError: a pattern of `layers` fits no leaf, a rate is not in [0, 1), or
      `counts` are not dense.
  """
  if not pruning.level:
    return counts
  tree = masks_lib.map_masks(lambda p, _: p, params, counts)
  before = paths.flatten(counts)
  for path, size in masks_lib.sizes_by_path(tree).items():
    if before[path] < size:
      raise ValueError(
        f'config.updater: got {before[path]:,} active weights of {size:,} at'
        f' {path!r}; the counts follow from config.pruning, so accepted is'
        ' sparsity 0 of all layers'
      )
  return rounds.counts_after(
    tree,
    pruning.rate,
    pruning.level,
    by_layer=pruning.scope == 'layer',
    layers=rates_of_layers(pruning, params),
  )


def rates_of_layers(
  pruning: PruningConfig, params: Params
) -> dict[Path, float]:
  """Returns the rates of the leaves that have their own, see `PruningConfig`.

  Raises:
    ValueError: as for `counts_after_rounds`.
  """
  kernels = paths.kernels_of(params)
  shapes = {
    path: leaf.shape
    for path, leaf in paths.flatten(params).items()
    if kernels(path, leaf.shape)
  }
  rates: dict[Path, float] = {}
  for pattern, text in _layers(pruning.layers, 'pruning', 'rate').items():
    try:
      matching = paths.matching(shapes, pattern, what='kernels')
      rate = float(text)
    except ValueError as error:
      raise ValueError(f'config.pruning.layers: {error}') from None
    check('pruning.layers', rate, BELOW_ONE)
    rates |= dict.fromkeys(matching, rate)
  return rates


def _layers(
  entries: tuple[str, ...], section: str = 'updater', what: str = 'sparsity'
) -> dict[str, str]:
  """Parses ('pattern=sparsity', ...) as a mapping."""
  layers = {}
  for entry in entries:
    pattern, equals, number = str(entry).rpartition('=')
    if not equals:
      raise ValueError(
        f"config.{section}.layers: got {entry!r}; accepted is 'pattern={what}'"
      )
    layers[pattern] = number
  return layers


def first_kernel(
  task: Task, params: Params, inputs: jax.ShapeDtypeStruct
) -> Path:
  """Returns the masked kernel that the forward pass uses first."""
  return _kernels(task, params, inputs)[0]


def _kernels(
  task: Task, params: Params, inputs: jax.ShapeDtypeStruct
) -> list[Path]:
  """Returns the masked kernels in the order in which they are used."""
  used = in_forward_order(task, params, inputs)
  shapes = {p: leaf.shape for p, leaf in paths.flatten(params).items()}
  is_kernel = paths.kernels_of(params)
  kernels = [path for path in used if is_kernel(path, shapes[path])]
  if not kernels:
    raise ValueError(
      'the model has no kernels; accepted are leaves of two axes or more that'
      ' are called kernel (Flax) or weight (Equinox)'
    )
  return kernels


def in_forward_order(
  task: Task, params: Params, inputs: jax.ShapeDtypeStruct
) -> list[Path]:
  """Returns the paths of `params` in the order of their use."""
  # JAX traces the functions of a task once for all of its runs.
  _, model_state = jax.eval_shape(task.init, jax.random.key(0), inputs)
  return paths.order_of_use(task.logits, params, model_state, inputs)
