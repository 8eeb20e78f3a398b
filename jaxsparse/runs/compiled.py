"""The compiled programs of an experiment, shared between similar runs.

Runs whose model, method and optimiser are equal but for traced numbers (seed,
learning rate, sparsity, drop fraction ...) get the same programs, compiled
once per process; those of one `family` can be trained together.
"""

import functools
import logging
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from jaxsparse.config.run_config import ScoringConfig
from jaxsparse.core import choices, paths, prng
from jaxsparse.core.types import Probe, PyTree
from jaxsparse.data.datasets import Split
from jaxsparse.runs import checks, recipes, scoring
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.parallel import PARALLEL
from jaxsparse.runs.scoring import BatchOf, batch_of
from jaxsparse.training import unfused
from jaxsparse.training.evaluate import Evaluation
from jaxsparse.training.probe import GradientProbe
from jaxsparse.training.programs import (
  Programs,
  choose_dispatch,
  make_programs,
)
from jaxsparse.training.sharding import Layout
from jaxsparse.training.state import Member, Recipe, TrainState
from jaxsparse.training.step import initial_state
from jaxsparse.training.task import Task

_log = logging.getLogger(__name__)


class Compiled(NamedTuple):
  """The programs of a run; each is compiled when first called, or ahead.

  Attributes:
    programs: the train and mask steps.
    init: `(member, data, rows [n, b, 2], params, masks, signs) -> state`:
      `rows` are the batches that weights are scored on, places in `data` and
      numbers of examples (see `scoring.corrupted`); `params`, `masks`
      and `signs` are `None` or those to start from.
    evaluate: measures loss and metrics on a split.
    probe: measures the gradient of the loss in training mode.
  """

  programs: Programs
  init: Callable[..., TrainState]
  evaluate: Evaluation
  probe: GradientProbe


def compiled(
  experiment: Experiment,
  mesh: Mesh | None = None,
  layout: Layout | None = None,
) -> Compiled:
  """Returns the programs of `experiment`.

  With a `mesh`, `programs` take a group of runs at once, with a `layout` one
  run on several devices (see `training.programs`); the others are the same.
  """
  task, batches = experiment.task, batch_of(experiment.pixels)
  form = dispatch(experiment)
  return Compiled(
    _programs(
      experiment.recipe,
      batches,
      dispatch=form,
      chunk=experiment.plan.chunk,
      mesh=mesh,
      layout=layout,
    ),
    _compiled_init(_init_of(experiment, experiment.task)),
    _evaluate(task, batches, experiment.metrics),
    _probe(
      task,
      batches,
      dispatch=form,
      rematerialise=experiment.recipe.rematerialise,
    ),
  )


def abstract_state(experiment: Experiment) -> TrainState:
  """Returns the shapes and dtypes of a run's state; computes nothing.

  Raises:
    ValueError: the method's own `init` refuses the run's numbers (concrete,
      as traced ones could not be checked), or the method cannot keep the
      counts of the masks that it starts from.
  """
  init = _init_of(experiment, _of_zeros(experiment.task))
  indices = jax.ShapeDtypeStruct((*scoring.shape(experiment), 2), jnp.int32)
  member = experiment.member
  name = experiment.config.updater.name
  key, *numbers = member
  shapes = paths.abstract((key, experiment.dataset.train, indices))
  leaves = tuple(jax.tree.leaves(numbers)), tuple(jax.tree.leaves(shapes))
  structure = jax.tree.structure((numbers, shapes))
  try:
    state = _abstract_state(init, structure, *leaves)
  except ValueError as error:
    raise ValueError(f'config.updater ({name}): {error}') from None
  if experiment.config.init.counts == 'masks':
    checks.check_counts_of_masks(
      name, experiment.recipe, member, state.params, state.mask_state
    )
  return state


@functools.lru_cache(maxsize=32)
def _abstract_state(
  init: Callable[..., TrainState],
  structure: Any,
  numbers: tuple[np.generic, ...],
  shapes: tuple[jax.ShapeDtypeStruct, ...],
) -> TrainState:
  """Traces `init`, once for all seeds: it takes a while where it scores."""
  rest, arguments = jax.tree.unflatten(structure, (*numbers, *shapes))

  def with_numbers(key: jax.Array, data: Split, rows: jax.Array) -> TrainState:
    return init(Member(key, *rest), data, rows, None, None, None)

  return jax.eval_shape(with_numbers, *arguments)


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


_programs = functools.lru_cache(maxsize=32)(make_programs)
_evaluate = functools.lru_cache(maxsize=32)(Evaluation)
_probe = functools.lru_cache(maxsize=32)(GradientProbe)


@functools.lru_cache(maxsize=32)
def _of_zeros(task: Task) -> Task:
  """Returns a task whose net is traced once for all runs, of weights 0."""

  def init(key: jax.Array, inputs: jax.Array) -> tuple[PyTree, PyTree]:
    shapes = jax.eval_shape(task.init, key, inputs)
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)

  return task._replace(init=init)


def _init_of(experiment: Experiment, task: Task) -> Callable[..., TrainState]:
  return _init(
    experiment.recipe,
    task,
    experiment.example[0],
    recipes.initialiser(experiment.config.init),
    batch_of(experiment.pixels),
    experiment.config.scoring,
    experiment.dataset.num_classes,
    recipes.task_in(
      'float32', experiment.config, experiment.dataset.num_classes
    ),
  )


@functools.lru_cache(maxsize=32)
def _init(
  recipe: Recipe,
  task: Task,
  inputs: jax.ShapeDtypeStruct,
  init_fn: Callable[..., PyTree],
  batches: BatchOf,
  scores: ScoringConfig,
  num_classes: int,
  scored_task: Task,
) -> Callable[..., TrainState]:
  """Returns the function `init` of `Compiled`, not yet compiled."""

  def init(member, data, rows, params, masks, signs) -> TrainState:
    def drawn(stream: str) -> tuple[PyTree, PyTree]:
      zeros = jnp.zeros(inputs.shape, inputs.dtype)
      return task.init(member.stream(stream), zeros)

    fresh, model_state = drawn('init')
    params = fresh if params is None else params
    key = prng.stream(member.key, 'scoring')
    scored = {
      'same': lambda: params,
      'fresh': lambda: drawn('scoring')[0],
      'glorot_dense': lambda: scoring.with_glorot_dense(params, key=key),
    }[scores.init]()
    seen = scoring.corrupted(scores.corrupt, num_classes, batches, key)
    probe_key = prng.stream(member.key, 'probe')
    probe = Probe(
      scoring.loss(scored_task, model_state, seen, data, probe_key),
      rows,
      lambda params, inputs: scored_task.logits(params, model_state, inputs),
      inputs,
    )
    state = initial_state(
      recipe,
      member,
      params,
      model_state,
      init_fn,
      probe,
      masks,
      scored=scored,
      signs=signs,
    )
    # An output that is an input would be the same array, and be donated.
    return jax.tree.map(jnp.copy, state)

  return init


_compiled_init = functools.lru_cache(maxsize=32)(unfused.jit)


def family(experiment: Experiment) -> Hashable:
  """Returns a key that is equal for runs of equal programs, plan and data.

  What may differ is traced (seed, learning rate, weight decay, the floats of
  the method, sparsity) or comes before the first step (the initialisation).
  """
  config = experiment.config
  return (
    experiment.recipe,
    config.model,
    config.data,
    config.eval,
    config.gradient_flow.probe_size,
    config.batch_size,
    experiment.plan,
    jax.tree.structure(experiment.counts),
  )


def usual() -> str:
  """Returns the meaning of 'auto': 'vmap' on GPU and TPU, 'one_by_one' on CPU.

  On CPU vmap is no quicker for nets of matrix products, and several times
  slower for nets with convolutions.
  """
  return 'one_by_one' if jax.default_backend() == 'cpu' else 'vmap'


def choose(experiment: Experiment, parallel: str) -> str:
  """Chooses how runs of one family are executed.

  Logs a warning where vmap was requested and will be slow.

  Args:
    experiment: one of the runs.
    parallel: 'auto' (see `usual`), 'one_by_one' or 'vmap'.

  Returns:
    'one_by_one' or 'vmap'.

  Raises:
    ValueError: `parallel` is none of these, or is 'vmap' for streamed data.
  """
  choices.check(f'parallel: got {parallel!r}', parallel, PARALLEL)
  if experiment.streamed:
    if parallel == 'vmap':
      raise ValueError(
        'parallel: got vmap, but the data are streamed, to each run by itself;'
        ' accepted is one_by_one'
      )
    return 'one_by_one'
  if parallel == 'auto':
    return usual()
  slow = parallel == 'vmap' and usual() == 'one_by_one'
  if slow and dispatch(experiment) == 'step':
    _log.warning(
      'vmap of a net with convolutions on CPU: expect it to be several times'
      ' slower than one_by_one'
    )
  return parallel
