"""The compiled programs of an experiment, shared between similar runs.

Runs whose model, method and optimiser are equal but for traced numbers (seed,
learning rate, sparsity, drop fraction ...) get the same programs, compiled
once per process.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from jaxsparse.analysis.gradient_flow import GradientFlow
from jaxsparse.core import prng
from jaxsparse.core.types import Probe, PyTree
from jaxsparse.data import resident
from jaxsparse.data.datasets import Split
from jaxsparse.data.pixels import Pixels, normalised
from jaxsparse.metrics import Metric
from jaxsparse.runs import checks, recipes
from jaxsparse.runs.build import Experiment
from jaxsparse.training.evaluate import make_evaluate
from jaxsparse.training.probe import make_probe
from jaxsparse.training.programs import (
  Programs,
  choose_dispatch,
  make_programs,
)
from jaxsparse.training.state import Recipe, TrainState
from jaxsparse.training.step import initial_state
from jaxsparse.training.task import Task

Record = dict[str, Any]
BatchOf = Callable[[Split, jax.Array], PyTree]


class Compiled(NamedTuple):
  """The programs of a run; each is compiled when first called.

  `init` is not compiled as a whole: most of it is drawing random numbers, and
  the small programs that draw them serve every method of a process.

  Attributes:
    programs: the train and mask steps.
    init: `(member, data, indices [n, b], params, masks) -> state`: `indices`
      are the probe's batches; `params` and `masks` are `None` or those to
      start from.
    evaluate: `(params, model_state, data, batches) -> values` by name, `loss`
      and the metrics; `params` are 0 outside the masks, here and below.
    probe: `(params, masks, model_state, key, data, indices [b]) ->
      GradientFlow` of the loss in training mode.
  """

  programs: Programs
  init: Callable[..., TrainState]
  evaluate: Callable[..., Record]
  probe: Callable[..., GradientFlow]


def compiled(experiment: Experiment, mesh: Mesh | None = None) -> Compiled:
  """Returns the programs of `experiment`.

  With a `mesh`, `programs` take a group of runs at once (see
  `training.programs`); the others are the same.
  """
  return _compiled(
    experiment.recipe,
    experiment.task,
    recipes.initialiser(experiment.config.init),
    experiment.pixels,
    experiment.example[0],
    dispatch(experiment),
    experiment.plan.chunk,
    experiment.metrics,
    mesh,
  )


def abstract_state(experiment: Experiment) -> TrainState:
  """Returns the shapes and dtypes of a run's state; computes nothing.

  Raises:
    ValueError: the method's own `init` refuses the run's numbers (concrete,
      as traced ones could not be checked), or the method cannot keep the
      counts of the masks that it starts from.
  """
  init = _make_init(
    experiment.recipe,
    experiment.task,
    recipes.initialiser(experiment.config.init),
    batch_of(experiment.pixels),
    experiment.example[0],
  )
  indices = jax.ShapeDtypeStruct((1, experiment.config.batch_size), jnp.int32)
  member = experiment.member
  name = experiment.config.updater.name

  def with_numbers(key: jax.Array, data: Split, rows: jax.Array) -> TrainState:
    return init(member._replace(key=key), data, rows, None, None)

  try:
    state = jax.eval_shape(
      with_numbers, member.key, experiment.dataset.train, indices
    )
  except ValueError as error:
    raise ValueError(f'config.updater ({name}): {error}') from None
  if experiment.config.init.counts == 'masks':
    checks.check_counts_of_masks(
      name, experiment.recipe, member, state.params, state.mask_state
    )
  return state


@functools.lru_cache(maxsize=32)
def batch_of(pixels: Pixels) -> BatchOf:
  """Returns `(data, indices) -> batch`, which gathers from a resident split."""

  def batch(data: Split, indices: jax.Array) -> dict[str, jax.Array]:
    gathered = resident.gather(data.images, data.labels, indices, pixels.scale)
    return gathered | {'image': normalised(gathered['image'], pixels)}

  return batch


def dispatch(experiment: Experiment) -> str:
  """Returns how the train steps are dispatched: 'scan' or 'step'."""
  if experiment.streamed:
    return 'step'  # Each step has its own data.
  return _dispatch(experiment.task, *experiment.example)


@functools.lru_cache(maxsize=32)
def _dispatch(
  task: Task, images: jax.ShapeDtypeStruct, labels: jax.ShapeDtypeStruct
) -> str:
  """Chooses by the loss, which is traced once per model, not per run."""

  def loss(params: PyTree, model_state: PyTree, batch: PyTree) -> jax.Array:
    key = jax.random.key(0)
    return task.loss(params, model_state, batch, key=key, train=True)[0]

  abstract = jax.eval_shape(task.init, jax.random.key(0), images)
  return choose_dispatch(loss, *abstract, {'image': images, 'label': labels})


@functools.lru_cache(maxsize=32)
def _compiled(
  recipe: Recipe,
  task: Task,
  init_fn: Callable[..., PyTree],
  pixels: Pixels,
  inputs: jax.ShapeDtypeStruct,
  dispatch: str,
  chunk: int,
  metrics: tuple[Metric, ...],
  mesh: Mesh | None,
) -> Compiled:
  batches = batch_of(pixels)
  return Compiled(
    _programs(recipe, pixels, dispatch, chunk, mesh),
    _make_init(recipe, task, init_fn, batches, inputs),
    _evaluate(task, pixels, metrics),
    _probe(task, pixels, dispatch),
  )


@functools.lru_cache(maxsize=32)
def _programs(
  recipe: Recipe, pixels: Pixels, dispatch: str, chunk: int, mesh: Mesh | None
) -> Programs:
  return make_programs(
    recipe, batch_of(pixels), dispatch=dispatch, chunk=chunk, mesh=mesh
  )


@functools.lru_cache(maxsize=32)
def _evaluate(
  task: Task, pixels: Pixels, metrics: tuple[Metric, ...]
) -> Callable[..., Record]:
  return make_evaluate(task, batch_of(pixels), metrics)


@functools.lru_cache(maxsize=32)
def _probe(
  task: Task, pixels: Pixels, dispatch: str
) -> Callable[..., GradientFlow]:
  return make_probe(task, batch_of(pixels), dispatch=dispatch)


def _make_init(
  recipe: Recipe,
  task: Task,
  init_fn: Callable[..., PyTree],
  batches: BatchOf,
  inputs: jax.ShapeDtypeStruct,
) -> Callable[..., TrainState]:
  def init(member, data, indices, params, masks) -> TrainState:
    key = prng.stream(member.key, 'init')
    fresh, model_state = task.init(key, jnp.zeros(inputs.shape, inputs.dtype))

    def loss(params: PyTree, batch: Any) -> jax.Array:
      key = prng.stream(member.key, 'probe')
      return task.loss(params, model_state, batch, key=key, train=True)[0]

    probe = Probe(
      loss,
      [batches(data, row) for row in indices],
      lambda params, inputs: task.logits(params, model_state, inputs),
    )
    state = initial_state(
      recipe,
      member,
      fresh if params is None else params,
      model_state,
      init_fn,
      probe,
      masks,
    )
    # The state is donated, so no two leaves may be one array.
    return jax.tree.map(jnp.copy, state)

  return init
