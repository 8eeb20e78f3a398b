"""Nets that the benchmarks train, on random data."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jax.sharding import Mesh

from jaxsparse.core import prng
from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.types import Counts, MaskUpdater, PyTree
from jaxsparse.data import resident
from jaxsparse.data.datasets import Split
from jaxsparse.models.mlp import mlp
from jaxsparse.tasks.classification import classification
from jaxsparse.training.programs import (
  Programs,
  choose_dispatch,
  make_programs,
)
from jaxsparse.training.state import Member, Recipe, TrainState
from jaxsparse.training.step import accuracy, initial_state, train_step
from jaxsparse.training.task import Task

EXAMPLES = 10_000
SCALE = 1 / 255
_MNIST = (28, 28, 1)


class Setup(NamedTuple):
  """The parts of a run: task, recipe, member, data and initial state."""

  task: Task
  recipe: Recipe
  member: Member
  data: Split
  fresh: Callable[[], TrainState]

  def programs(
    self, chunk: int, *, dispatch: str = 'scan', mesh: Mesh | None = None
  ) -> Programs:
    """Builds new programs, which are therefore compiled again."""
    return make_programs(
      self.recipe, batch_of, dispatch=dispatch, chunk=chunk, mesh=mesh
    )

  def dispatch(self, batch: int) -> str:
    """Chooses the dispatch of a run with batches of this size."""
    indices = jax.ShapeDtypeStruct((batch,), jnp.int32)
    return choose_dispatch(
      train_step(self.recipe),
      jax.eval_shape(self.fresh),
      self.member,
      jax.eval_shape(batch_of, self.data, indices),
    )


def setup(
  updater: Callable[..., MaskUpdater],
  *,
  sparsity: float,
  module: nn.Module | None = None,
  shape: tuple[int, ...] = _MNIST,
  examples: int = EXAMPLES,
  **hyperparameters: Any,
) -> Setup:
  """Sets up a run of `updater` at `sparsity` (ERK), with SGD and momentum.

  The net is `module`, LeNet-300-100 by default, for images of `shape`
  [h, w, c].
  """
  task = classification(module or mlp())
  inputs = jax.ShapeDtypeStruct((1, *shape), jnp.float32)
  shapes, _ = jax.eval_shape(task.init, jax.random.key(0), inputs)
  member = Member(
    key=jax.random.key(0),
    counts=jax.tree.map(np.int32, _counts(shapes, sparsity)),
    optimizer={},
    updater={},
    init={},
  )
  recipe = Recipe(
    task.loss,
    lambda member, step: optax.sgd(learning_rate(step), momentum=0.9),
    lambda member: updater(member.counts, **hyperparameters),
  )

  @jax.jit
  def fresh() -> TrainState:
    params, state = task.init(member.key, jnp.zeros(inputs.shape))
    return initial_state(
      recipe, member, params, state, lambda params, masks, **_: params
    )

  return Setup(task, recipe, member, random_data(shape, examples), fresh)


def plain_dense(setup: Setup) -> tuple[PyTree, Callable[..., Any]]:
  """Builds the train step of a dense net with Optax alone.

  Returns:
    Its first state, and `(state, data, indices [batch]) -> (state, (loss,
    accuracy))`.
  """

  def optimizer(i: jax.Array) -> optax.GradientTransformation:
    return optax.sgd(learning_rate(i), momentum=0.9)

  def step(state: PyTree, data: Split, indices: jax.Array) -> tuple[Any, Any]:
    i, params, model_state, opt_state = state
    batch = batch_of(data, indices)
    (loss, (model_state, logits)), grads = jax.value_and_grad(
      setup.task.loss, has_aux=True
    )(params, model_state, batch, key=jax.random.key(0), train=True)
    updates, opt_state = optimizer(i).update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)
    seen = accuracy(logits, batch['label'])
    return (i + 1, params, model_state, opt_state), (loss, seen)

  fresh, first = setup.fresh(), jnp.int32(0)
  opt_state = optimizer(first).init(fresh.params)
  return (first, fresh.params, fresh.model_state, opt_state), step


def learning_rate(step: jax.Array) -> jax.Array:
  """Returns the learning rate at `step`: a cosine over 10,000 steps."""
  return 0.1 * optax.cosine_decay_schedule(1.0, 10_000)(step)


def batch_of(data: Split, indices: jax.Array) -> PyTree:
  """Gathers a batch of the resident data."""
  return resident.gather(data.images, data.labels, indices, SCALE)


def random_data(shape: tuple[int, ...], examples: int) -> Split:
  """Draws random images and labels, resident on the device."""
  rng = np.random.default_rng(0)
  images = rng.integers(0, 256, (examples, *shape), np.uint8)
  labels = rng.integers(0, 10, examples).astype(np.int32)
  return resident.put(Split(images, labels))


def random_indices(
  steps: int, batch: int, examples: int = EXAMPLES
) -> np.ndarray:
  """Draws indices of examples, int32 [steps, batch]."""
  rng = np.random.default_rng(1)
  return rng.integers(0, examples, (steps, batch)).astype(np.int32)


def random_scores(shape: tuple[int, ...], name: str) -> jax.Array:
  """Draws scores from |N(0, 1)|, like magnitudes of weights or gradients."""
  return jnp.abs(jax.random.normal(prng.stream(jax.random.key(0), name), shape))


def blocks(weights: int, leaves: int) -> dict[str, dict[str, jax.Array]]:
  """Draws about so many weights, in kernels like those of Transformer blocks.

  Of three leaves one is [d, d], one [d, 4 d] and one [4 d, d].
  """
  d = round((weights / (leaves // 3 * 9)) ** 0.5)
  shapes = ((d, d), (d, 4 * d), (4 * d, d))
  return {
    f'layer{i}': {'kernel': random_scores(shapes[i % 3], f'layer{i}')}
    for i in range(leaves)
  }


def _counts(shapes: PyTree, sparsity: float) -> Counts:
  return erk(shapes, sparsity)
