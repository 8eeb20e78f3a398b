"""Statistics of BatchNorm for untrained nets on a path between two nets.

The statistics of a net between two others are not between theirs: its
activations have a lower variance than those of either end, so that with
interpolated statistics the loss may be high for this reason alone (Jordan et
al. 2023, "REPAIR: REnormalizing Permuted Activations for Interpolation
Repair"). Garipov et al. 2018 recompute them at each point.
"""

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
  """Raises `ValueError` for an unknown value of the option `batch_norm`."""
  choices.check(f'batch_norm is {batch_norm!r}', batch_norm, _ACCEPTED)


def recompute(
  run: Finished, end: Solution, batches: Sequence[Split], batch_norm: str
) -> Recompute | None:
  """Returns the argument `recompute` of `landscape.line`.

  Args:
    run: the run of either end of the path.
    end: its net.
    batches: statistics are means over these, weighted by their numbers of
      examples, of the mean and variance of each batch, in training mode.
    batch_norm: 'recomputed', or 'interpolated', for which the result is `None`.

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
  add = _statistics(run)
  total = sum(len(batch.labels) for batch in batches)

  def recomputed(params: Params, model_state: PyTree) -> PyTree:
    mean = jax.tree.map(jnp.zeros_like, model_state[_STATISTICS])
    for batch in batches:
      share = jnp.float32(len(batch.labels) / total)
      mean = add(params, model_state, batch, mean, share)
    return {**model_state, _STATISTICS: mean}

  return recomputed


@measures.by_model
def training_loss(task: Task, how: Pixels) -> Measure:
  """Returns the loss of `measures.loss_and_error`, in training mode.

  BatchNorm takes the statistics of the batch; dropout, if any, one draw.
  """

  def measure(
    params: Params, model_state: PyTree, batch: Split
  ) -> Mapping[str, jax.Array]:
    _, logits = _trained(task, how, params, model_state, batch)
    labels = jnp.asarray(batch.labels)
    return {'loss': jnp.mean(task.example_loss(logits, labels))}

  return measure


@measures.by_model
def _statistics(task: Task, how: Pixels) -> Callable[..., PyTree]:
  """Returns `(params, model_state, batch, sums, share)` -> the new sums.

  The statistics of the batch, times `share`, are added to `sums`.
  """

  @jax.jit
  def added(
    params: Params,
    model_state: PyTree,
    batch: Split,
    sums: PyTree,
    share: jax.Array,
  ) -> PyTree:
    def running(old: PyTree) -> PyTree:
      state = {**model_state, _STATISTICS: old}
      return _trained(task, how, params, state, batch)[0][_STATISTICS]

    # A running statistic is m old + (1 - m) new: from 0 on that is (1 - m) new,
    # and its derivative is m, whichever momentum a model has.
    zeros, ones = (
      jax.tree.map(like, sums) for like in (jnp.zeros_like, jnp.ones_like)
    )
    new, momentum = jax.jvp(running, (zeros,), (ones,))
    return jax.tree.map(
      lambda s, n, m: s + share * n / (1 - m), sums, new, momentum
    )

  return added


def _trained(
  task: Task, how: Pixels, params: Params, model_state: PyTree, batch: Split
) -> tuple[PyTree, jax.Array]:
  """Returns the model state after a batch in training mode, and its logits."""
  images, labels = measures.pixels(batch.images, how), jnp.asarray(batch.labels)
  inputs, key = {'image': images, 'label': labels}, jax.random.key(0)
  _, aux = task.loss(params, model_state, inputs, key=key, train=True)
  return aux
