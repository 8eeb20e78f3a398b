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


def make_evaluate(
  task: Task,
  batch_of: Callable[[PyTree, jax.Array], PyTree],
  metrics: Sequence[Metric],
) -> Callable[..., dict[str, float | dict[str, float]]]:
  """Builds `(params, model_state, data, batches) -> {'loss': ..., ...}`.

  `params` are 0 outside the masks; `data` is resident on the device, or
  `Parts`; `batches` is `(indices [n, b], weights [n, b])` with weight 1 for
  each example once and 0 for padding. Where an example has several labels,
  [b, t], those below 0 do not count. The results are the mean loss of a label
  and the value of each metric, by name; sums over batches are float64.
  """

  @jax.jit
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

  def evaluate(params, model_state, data, batches):
    results: list[Any] = []
    for i, w, part in zip(*batches, each(data), strict=False):
      results.append(sums(params, model_state, part, i, w))
      keep_up(data, results)
    count, totals = jax.tree.map(
      lambda *sums: np.sum(np.asarray(sums, np.float64), axis=0),
      *jax.device_get(results),
    )
    values = {m.name: m.value(totals[m.name], count) for m in metrics}
    return {'loss': float(totals['loss'] / count), **values}

  return evaluate


@jax.jit
def _facts(params: PyTree, trained: PyTree, masks: PyTree) -> dict[str, Any]:
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
  return bool(_facts(state.params, masks, masks)['finite'])


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
  facts = jax.device_get(
    _facts(
      state.params, updater.trained(state.mask_state), state.mask_state.masks
    )
  )
  for path, n in paths.flatten(facts['outside']).items():
    if n and not updater.facts.stores_all:
      raise BrokenInvariant(f'{path}: {n} weights outside the mask are not 0')
  active = {p: int(n) for p, n in paths.flatten(facts['active']).items()}
  sizes = masks_lib.sizes_by_path(state.mask_state.masks)
  invariant = updater.facts.invariant
  if final:
    invariant = _AT_THE_END.get(invariant, invariant)
  _check_counts(active, sizes, counts, invariant)
  return active


def _check_counts(
  active: dict[Path, int],
  sizes: dict[Path, int],
  counts: dict[Path, int],
  invariant: Invariant,
) -> None:
  if invariant in ('total', 'scheduled_total'):
    active, counts = _total(active), _total(counts)
  expected = sizes if invariant == 'dense' else counts
  exact = invariant not in _AT_THE_END
  for path, n in active.items():
    if n < expected[path] or (exact and n > expected[path]):
      raise BrokenInvariant(
        f'{path}: {n} active weights; {invariant!r} promises {expected[path]}'
      )


def _total(counts: dict[Path, int]) -> dict[Path, int]:
  return {'total': sum(counts.values())}
