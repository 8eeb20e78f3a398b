"""The common part of the methods that prune by magnitude."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import masks as masking
from jaxsparse.core import schedules
from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.topk import topk_masks, topk_masks_by_leaf
from jaxsparse.core.types import (
  Counts,
  Masks,
  MaskState,
  Params,
  PyTree,
  Scores,
)
from jaxsparse.updaters import _checks


def largest(params: Params, counts: Counts) -> Masks:
  """Masks the `counts` weights of largest |w|, sharded as `params`."""
  scores = masking.map_masks(lambda p, _: jnp.abs(p), params, counts)
  return masking.highest(params, counts, scores)


def keep_highest(scores: Scores, masks: Masks, counts: Counts) -> Masks:
  """Keeps the `counts` active weights of highest score of each leaf.

  It keeps all of them where fewer are active.
  """
  active = masking.active(masks)
  limits = masking.map_masks(jnp.minimum, active, counts)
  return topk_masks_by_leaf(scores, limits, where=masks, eligible=active)


def keep_together(
  scores: Scores,
  masks: Masks,
  counts: Counts,
  total: int | Array | None = None,
) -> Masks:
  """Keeps the `total` active weights of highest score over all leaves.

  It keeps all of them where fewer are active.

  Args:
    scores: shaped like the masks, whose leaves are ranked together.
    masks: bool leaves, `None` where exempt.
    counts: active weights of each leaf, whose sum is distributed over the
      leaves; a leaf that is dense in `counts` stays dense.
    total: the number that stays, at least that of the dense leaves; may be
      traced. Default: the sum.
  """

  def ranked(score: Array, mask: Array, count: int | Array) -> Array:
    del mask
    finite = jnp.minimum(score, jnp.finfo(score.dtype).max)
    return jnp.where(jnp.asarray(count) == score.size, jnp.inf, finite)

  active = sum(jax.tree.leaves(masking.active(masks)))
  remaining: Masks = topk_masks(
    masking.map_masks(ranked, scores, masks, counts),
    jnp.minimum(active, total_of(counts) if total is None else total),
    where=masks,
  )
  return remaining


def keep_largest(
  counts: Counts,
  grads: PyTree,
  state: MaskState,
  params: Params,
  *,
  key: Array,
  keep: Callable[[Scores, Masks, Counts], Masks] = keep_highest,
) -> tuple[Params, MaskState]:
  """Keeps the `counts` active weights of largest |w| of each leaf.

  With another `keep`, say `keep_together`, those that it selects. It keeps all
  where fewer are active: nothing is ever revived.
  """
  scores = magnitude(params, grads, key=key)
  new = keep(scores, state.masks, counts)
  return masking.apply_masks(params, new), state._replace(masks=new)


def total_of(counts: Counts) -> int | Array:
  """Returns the sum of the counts."""
  return sum(jax.tree.leaves(counts))


def intervals(start_step: int, stop_step: int, update_interval: int) -> int:
  """Counts the intervals from the first mask step to the last.

  They are the length of a cubic ramp.

  Raises:
    ValueError: an argument is out of range, or there is no mask step, or over
      65,536.
    TypeError: an argument is not a host integer.
  """
  start = schedules.host_step('start_step', start_step)
  stop = schedules.host_step('stop_step', stop_step)
  interval = schedules.host_step('update_interval', update_interval, 1)
  _checks.check_steps(start, stop)
  schedules.check_window('all', start, stop)
  last = schedules.last_mask_step(
    update_interval=interval, start_step=start, stop_step=stop
  )
  count = (last - start) // interval
  if count > schedules.MAX_INTERVALS:
    raise ValueError(
      f'update_interval {interval} from {start} to {stop} makes'
      f' {count + 1} mask steps; accepted are at most'
      f' {schedules.MAX_INTERVALS + 1}'
    )
  return count
