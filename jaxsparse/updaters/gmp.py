"""Gradual magnitude pruning."""

import functools

import jax
from jax import Array

from jaxsparse.core import schedules
from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Counts, Facts, MaskUpdater, Params, Times
from jaxsparse.updaters import _init, _prune


def gmp(
  counts: Counts,
  *,
  global_ranking: bool = False,
  start_step: int = 0,
  stop_step: int,
  update_interval: int,
) -> MaskUpdater:
  """Builds gradual magnitude pruning (Zhu and Gupta 2017, eq. 1).

  Dense at first. On the mask step t each layer of N weights keeps those of
  largest |w| and has floor(Z s_t) zeros, Z = N - count at the end, with

    s_t = 1 - (1 - (t - start_step) / (last - start_step))^3,

  `last` being the last mask step, where there are exactly Z. The optimiser
  steps first. Counts are exact for any layer below 2^31 weights.

  With `global_ranking` one threshold prunes all layers: N and Z are their sums,
  and each keeps its weights above the threshold. Layers that `counts` leaves
  dense stay so.

  **Use it** where training may cost nearly what dense training does and
  accuracy at the end counts.

  >>> updater = js.gmp(counts, start_step=0, stop_step=750, update_interval=10)
  >>> tx = js.sparsify(optax.sgd(0.1), updater, key=key)

  Args:
    counts: active weights of each leaf at the end, ints or traced int32;
      `None` where a leaf is exempt.
    global_ranking: whether the weights of all leaves, below 2^31, are ranked
      together, as in the reproducibility report of RigL (Sundar and Dwaraknath
      2021). Then `counts` set the sum, and which leaves are not pruned.
    start_step: the first mask step; it prunes nothing.
    stop_step: mask steps end before it.
    update_interval: steps between mask steps.

  Raises:
    ValueError: an argument is out of range, or there is no mask step, or
      over 65,536.
    TypeError: an argument is not a host integer.

  **Deviations**: the paper's end of pruning t_0 + n dt is `last`, not
  `stop_step`, so that the target is reached whatever the interval. Pruned
  weights are stored as 0 and do not come back; there, they keep their last
  value and may, in principle, pass the threshold again.
  """
  intervals = _prune.intervals(start_step, stop_step, update_interval)

  def left(size: int, count: int | Array, step: int | Array) -> Array:
    done = (step - start_step) // update_interval
    return size - schedules.cubic_zeros(size - count, done, intervals)

  def scheduled(params: Params, step: int | Array) -> Counts:
    return map_masks(lambda p, n: left(p.size, n, step), params, counts)

  def update(grads, state, params, *, step, key):
    if global_ranking:
      weights = sum(mask.size for mask in jax.tree.leaves(state.masks))
      total = left(weights, _prune.total_of(counts), step)
      together = functools.partial(_prune.keep_together, total=total)
      return _prune.keep_largest(
        counts, grads, state, params, key=key, keep=together
      )
    now = scheduled(params, step)
    return _prune.keep_largest(now, grads, state, params, key=key)

  return MaskUpdater(
    init=_init.full(counts, together=global_ranking),
    update=update,
    facts=Facts(
      invariant='scheduled_total' if global_ranking else 'scheduled',
      times=Times(start_step, stop_step, update_interval),
      step_on_update=True,
      masks_only=True,
      scheduled=scheduled,
    ),
  )
