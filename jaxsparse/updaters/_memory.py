"""Statistics of gradients that methods keep from step to step."""

import operator
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxsparse.core.masks import map_masks, shard_like
from jaxsparse.core.types import (
  Counts,
  MaskState,
  MaskUpdater,
  Params,
  PyTree,
)


def zeros(params: Params, counts: Counts) -> PyTree:
  """Returns zeros like the leaves that `counts` names, sharded as `params`.

  In float32 or wider: sums of half-precision gradients would lose small ones.
  """

  def one(param: Array, _: int | Array) -> Array:
    dtype = np.promote_types(param.dtype, np.float32)
    return shard_like(param, jnp.zeros(param.shape, dtype))

  return map_masks(one, params, counts)


class GradientSum(NamedTuple):
  """The dense gradients of some batches, summed; `None` where exempt."""

  total: PyTree


def summed(grads: PyTree, state: MaskState) -> PyTree:
  """Returns the sum of gradients that `summing` accumulates."""
  del grads
  return state.inner.total


def summing(
  updater: MaskUpdater,
  counts: Counts,
  batches: int,
  update_interval: int | None,
  start_step: int,
) -> MaskUpdater:
  """Adds to `updater` the sum of the last gradients before each mask step.

  Args:
    updater: a method without an inner state.
    counts: active weights of each leaf.
    batches: the number of gradients summed, the mask step's included.
    update_interval: steps between mask steps.
    start_step: the first mask step; may be traced.

  Raises:
    ValueError: `batches` is not in [1, update_interval].
    TypeError: one of the two is not a host integer.
  """
  interval = _checked_interval(batches, update_interval)

  def init(
    params: Params, *, key: Array, probe: PyTree | None = None
  ) -> MaskState:
    state = updater.init(params, key=key, probe=probe)
    return state._replace(inner=GradientSum(zeros(params, counts)))

  def observe(
    grads: PyTree,
    state: MaskState,
    params: Params,
    *,
    step: int | Array,
    key: Array,
  ) -> MaskState:
    del params, key
    ahead = (start_step - step) % interval  # Steps to the next mask step.

    def add(grad: Array, total: Array) -> Array:
      grad = grad.astype(total.dtype)
      begun = jnp.where(ahead == batches - 1, grad, total + grad)
      return jnp.where(ahead < batches, begun, total)

    total = map_masks(add, grads, state.inner.total)
    return state._replace(inner=GradientSum(total))

  return updater._replace(
    init=init,
    observe=observe,
    facts=updater.facts._replace(
      times=updater.facts.times._replace(
        start_step=start_step, update_interval=interval
      ),
      dense_batches=batches,
    ),
  )


def _checked_interval(batches: int, interval: int | None) -> int:
  if interval is None:
    raise ValueError(
      f'grow_batches is {batches}, for which update_interval is needed'
    )
  interval = operator.index(interval)
  if not 1 <= batches <= interval:
    raise ValueError(
      f'grow_batches is {batches}; accepted is 1 to update_interval, which is'
      f' {interval}'
    )
  return interval
