"""Exact evaluation over a split, and a check of weights and masks."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths
from jaxsparse.core.types import Invariant, MaskUpdater, Path, PyTree
from jaxsparse.metrics import Metric
from jaxsparse.training.ahead import Program, Threads
from jaxsparse.training.parts import each, keep_up
from jaxsparse.training.state import TrainState
from jaxsparse.training.task import Task

# What a schedule promises when it is over.
_AT_THE_END: dict[Invariant, Invariant] = {
  'scheduled': 'per_leaf',
  'scheduled_total': 'total',
}


class BrokenInvariant(RuntimeError):
  """Weights and masks no longer agree: a defect in a method, not in input."""


class Evaluation:
  """Exact evaluation of params over a split.

  Args:
    task: the model with its loss.
    batch_of: `(data, indices) -> batch`, part of the program.
    metrics: what is measured besides the loss.
  """

  def __init__(
    self,
    task: Task,
    batch_of: Callable[[PyTree, jax.Array], PyTree],
    metrics: Sequence[Metric],
  ):
    self._metrics = metrics

    def sums(params, model_state, data, indices, weights):
      batch = batch_of(data, indices)
      labels = batch['label']
      logits = task.logits(params, model_state, batch['image'])
      losses = task.example_loss(logits, labels)
      if losses.ndim > 1:
        weights = weights[:, None] * (labels >= 0)

      def total(terms):
        weighting = jnp.expand_dims(weights, range(labels.ndim, terms.ndim))
        return jnp.sum(terms * weighting, axis=range(labels.ndim))

      terms = {m.name: m.terms(logits, labels, losses) for m in metrics}
      return jnp.sum(weights), jax.tree.map(total, {'loss': losses, **terms})

    self._sums = Program(sums)

  def ahead(
    self,
    threads: Threads,
    params: PyTree,
    model_state: PyTree,
    data: PyTree,
    batch_size: int,
  ) -> None:
    """Compiles the program in threads, see `training.ahead`."""
    batch = np.zeros(batch_size, np.int32), np.zeros(batch_size, np.float32)
    self._sums.ahead(threads, params, model_state, data, *batch)

  def __call__(
    self, params: PyTree, model_state: PyTree, data: PyTree, batches: Any
  ) -> dict[str, Any]:
    """Returns the mean loss of a label and each metric, by name.

    Sums over batches are float64.

    Args:
      params: 0 outside the masks.
      model_state: the model's other collections.
      data: resident on the device, or `Parts`.
      batches: `(indices [n, b], weights [n, b])` with weight 1 for each example
        once and 0 for padding. Where an example has several labels, [b, t],
        those below 0 do not count.
    """
    results: list[Any] = []
    for i, w, part in zip(*batches, each(data), strict=False):
      results.append(self._sums(params, model_state, part, i, w))
      keep_up(data, results)
    count, totals = jax.tree.map(
      lambda *sums: np.sum(np.asarray(sums, np.float64), axis=0),
      *jax.device_get(results),
    )
    values = {m.name: m.value(totals[m.name], count) for m in self._metrics}
    return {'loss': float(totals['loss'] / count), **values}


@Program
def facts(params: PyTree, trained: PyTree, masks: PyTree) -> dict[str, Any]:
  """Counts weights outside of `trained` and active ones; are all finite?"""
  outside = masks_lib.map_masks(
    lambda p, m: jnp.sum((p != 0) & ~m, dtype=jnp.int32), params, trained
  )
  finite = [jnp.all(jnp.isfinite(p)) for p in jax.tree.leaves(params)]
  return {
    'outside': outside,
    'active': masks_lib.active(masks),
    'finite': jnp.all(jnp.stack(finite)),
  }


def is_finite(state: TrainState) -> bool:
  """Returns whether every weight is finite."""
  masks = state.mask_state.masks
  return bool(facts(state.params, masks, masks)['finite'])


def checked_active(
  state: TrainState,
  updater: MaskUpdater,
  counts: dict[Path, int],
  *,
  final: bool = False,
) -> dict[Path, int]:
  """Counts active weights by path, after checking weights and masks.

  Args:
    state: of one member.
    updater: its method.
    counts: the active weights that the run was built for, by path.
    final: whether the run is over, and a schedule at its end.

  Raises:
    BrokenInvariant: a weight outside what may be trained is not 0 (unless the
      method stores them all), or the masks hold other counts than it promises.
  """
  masks = state.mask_state.masks
  trained = updater.trained(state.mask_state)
  found = jax.device_get(facts(state.params, trained, masks))
  for path, n in paths.flatten(found['outside']).items():
    if n and not updater.facts.stores_all:
      raise BrokenInvariant(f'{path}: {n} weights outside the mask are not 0')
  active = {p: int(n) for p, n in paths.flatten(found['active']).items()}
  sizes = masks_lib.sizes_by_path(state.mask_state.masks)
  invariant = updater.facts.invariant
  if final:
    invariant = _AT_THE_END.get(invariant, invariant)
  _check_counts(active, sizes, counts, invariant, updater.facts.extra)
  return active


def _check_counts(
  active: dict[Path, int],
  sizes: dict[Path, int],
  counts: dict[Path, int],
  invariant: Invariant,
  extra: int,
) -> None:
  if invariant in ('total', 'scheduled_total'):
    active, counts = _total(active), {'total': sum(counts.values()) + extra}
  expected = sizes if invariant == 'dense' else counts
  exact = invariant not in _AT_THE_END
  for path, n in active.items():
    if n < expected[path] or (exact and n > expected[path]):
      raise BrokenInvariant(
        f'{path}: {n} active weights; {invariant!r} promises {expected[path]}'
      )


def _total(counts: dict[Path, int]) -> dict[Path, int]:
  return {'total': sum(counts.values())}
