"""Statistics of BatchNorm on the way between two nets, where none was trained.

Those of a net between two are not between theirs: activations there vary less
than either end's, so that under interpolated statistics the loss may be high
for that alone (Jordan et al. 2023, "REPAIR: REnormalizing Permuted Activations
for Interpolation Repair"). Garipov et al. 2018 compute them anew at each point.
"""

import functools
from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp

from jaxsparse.analysis.landscape import Measure
from jaxsparse.analysis.solutions import Solution
from jaxsparse.core import choices
from jaxsparse.core.types import Params, PyTree
from jaxsparse.data.datasets import Split
from jaxsparse.data.pixels import Pixels
from jaxsparse.runs import measures
from jaxsparse.runs.finished import Finished
from jaxsparse.training.task import Task

# As Flax calls the collection.
_STATISTICS = 'batch_stats'
_ACCEPTED = ('interpolated', 'recomputed')

Recompute = Callable[[Params, PyTree], PyTree]


def check(batch_norm: str) -> None:
  """Raises `ValueError` where the option of that name has no such value."""
  choices.check(f'batch_norm is {batch_norm!r}', batch_norm, _ACCEPTED)


def recompute(
  run: Finished, end: Solution, batches: Sequence[Split], batch_norm: str
) -> Recompute | None:
  """What `landscape.line` takes under that name.

  Args:
    run: either end of the way.
    end: its net.
    batches: what statistics are of: means over these, by their examples, of
      each one's mean and variance, in training mode.
    batch_norm: 'recomputed', or 'interpolated', for which it is `None`.

  Raises:
    ValueError: the model has no BatchNorm.
  """
  if batch_norm == 'interpolated':
    return None
  if not jax.tree.leaves((end.model_state or {}).get(_STATISTICS)):
    raise ValueError(
      f'batch_norm is {batch_norm!r}, and {run.root} has no BatchNorm;'
      ' accepted is interpolated'
    )
  one = _statistics(run.experiment.task, run.experiment.pixels)
  total = sum(len(batch.labels) for batch in batches)

  def found(params: Params, model_state: PyTree) -> PyTree:
    mean = jax.tree.map(jnp.zeros_like, model_state[_STATISTICS])
    for batch in batches:
      share = jnp.float32(len(batch.labels) / total)
      mean = one(params, model_state, batch, mean, share)
    return {**model_state, _STATISTICS: mean}

  return found


def training_loss(run: Finished) -> Measure:
  """`measures.loss_and_error` in training mode, and its loss alone.

  BatchNorm takes the statistics of the batch; dropout, if any, one draw.
  """
  return _training_loss(run.experiment.task, run.experiment.pixels)


@functools.lru_cache(maxsize=32)
def _training_loss(task: Task, how: Pixels) -> Measure:
  def measure(
    params: Params, model_state: PyTree, batch: Split
  ) -> Mapping[str, jax.Array]:
    _, logits = _trained(task, how, params, model_state, batch)
    labels = jnp.asarray(batch.labels)
    return {'loss': jnp.mean(task.example_loss(logits, labels))}

  return measure


@functools.lru_cache(maxsize=32)
def _statistics(task: Task, how: Pixels) -> Callable[..., PyTree]:
  """`(params, model_state, batch, sums, share)`: sums with the share of one."""

  @jax.jit
  def added(
    params: Params,
    model_state: PyTree,
    batch: Split,
    sums: PyTree,
    share: jax.Array,
  ) -> PyTree:
    def moved(old: PyTree) -> PyTree:
      state = {**model_state, _STATISTICS: old}
      return _trained(task, how, params, state, batch)[0][_STATISTICS]

    # A running statistic is m old + (1 - m) new: from 0 on that is (1 - m) new,
    # and its derivative is m, whichever momentum a model has.
    zeros, ones = (
      jax.tree.map(like, sums) for like in (jnp.zeros_like, jnp.ones_like)
    )
    new, kept = jax.jvp(moved, (zeros,), (ones,))
    return jax.tree.map(
      lambda s, n, m: s + share * n / (1 - m), sums, new, kept
    )

  return added


def _trained(
  task: Task, how: Pixels, params: Params, model_state: PyTree, batch: Split
) -> tuple[PyTree, jax.Array]:
  """The model state that a batch leaves, and its logits."""
  seen = {
    'image': measures.pixels(batch.images, how),
    'label': jnp.asarray(batch.labels),
  }
  key = jax.random.key(0)
  _, found = task.loss(params, model_state, seen, key=key, train=True)
  return found
