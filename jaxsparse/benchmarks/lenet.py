"""LeNets on data of MNIST's shape, as the benchmarks train them."""

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
from jaxsparse.training.programs import (
  Programs,
  choose_dispatch,
  make_programs,
)
from jaxsparse.training.state import Member, TrainState
from jaxsparse.training.step import Recipe, initial_state, train_step
from jaxsparse.training.task import Task, classification

EXAMPLES = 10_000
SCALE = 1 / 255


class Setup(NamedTuple):
  """One run, ready to be advanced."""

  task: Task
  recipe: Recipe
  member: Member
  data: Split
  fresh: Callable[[], TrainState]

  def programs(
    self, chunk: int, *, dispatch: str = 'scan', mesh: Mesh | None = None
  ) -> Programs:
    """Newly built, hence newly compiled, programs."""
    return make_programs(
      self.recipe, batch_of, dispatch=dispatch, chunk=chunk, mesh=mesh
    )

  def dispatch(self, batch: int) -> str:
    """How a run with batches of this size would be dispatched here."""
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
  **hyperparameters: Any,
) -> Setup:
  """A run of `updater` at `sparsity` (ERK), SGD with momentum.

  The net is LeNet-300-100 unless another `module` is given.
  """
  task = classification(module or mlp())
  inputs = jax.ShapeDtypeStruct((1, 28, 28, 1), jnp.float32)
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

  return Setup(task, recipe, member, random_data(), fresh)


def learning_rate(step: jax.Array) -> jax.Array:
  """A cosine over 10,000 steps: some schedule, as any run has one."""
  return 0.1 * optax.cosine_decay_schedule(1.0, 10_000)(step)


def batch_of(data: Split, indices: jax.Array) -> PyTree:
  """One batch of the resident data."""
  return resident.gather(data.images, data.labels, indices, SCALE)


def random_data() -> Split:
  """Noise of MNIST's shape, resident on the device."""
  rng = np.random.default_rng(0)
  images = rng.integers(0, 256, (EXAMPLES, 28, 28, 1), np.uint8)
  labels = rng.integers(0, 10, EXAMPLES).astype(np.int32)
  return resident.put(Split(images, labels))


def random_indices(steps: int, batch: int) -> np.ndarray:
  """int32 [steps, batch]."""
  rng = np.random.default_rng(1)
  return rng.integers(0, EXAMPLES, (steps, batch)).astype(np.int32)


def random_scores(shape: tuple[int, ...], name: str) -> jax.Array:
  """|N(0, 1)|, as magnitudes and gradients are."""
  return jnp.abs(jax.random.normal(prng.stream(jax.random.key(0), name), shape))


def _counts(shapes: PyTree, sparsity: float) -> Counts:
  return erk(shapes, sparsity)
