"""Statistics of gradients that methods keep from step to step."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxsparse.core.masks import map_masks, shard_like
from jaxsparse.core.types import Counts, MaskUpdater, Params, PyTree


def with_statistic(
  updater: MaskUpdater,
  counts: Counts,
  kind: Callable[[PyTree], Any],
  change: Callable[..., Array],
) -> MaskUpdater:
  """Adds to a method a statistic of the dense gradient, 0 at first.

  Args:
    updater: a method without an inner state.
    counts: active weights of each leaf.
    kind: the NamedTuple of one tree that is the inner state.
    change: `(grad, mask, statistic, step) -> statistic` of a leaf, on every
      step; `grad` has the dtype of the statistic.
  """

  def init(params, *, key, probe=None):
    state = updater.init(params, key=key, probe=probe)
    return state._replace(inner=kind(zeros(params, counts)))

  def observe(grads, state, params, *, step, key):
    def one(grad: Array, mask: Array, statistic: Array) -> Array:
      return change(grad.astype(statistic.dtype), mask, statistic, step)

    (tree,) = state.inner
    return state._replace(inner=kind(map_masks(one, grads, state.masks, tree)))

  return updater._replace(init=init, observe=observe)


def zeros(params: Params, counts: Counts) -> PyTree:
  """Returns zeros like the leaves that `counts` names, sharded as `params`.

  In float32 or wider: sums of half-precision gradients would lose small ones.
  """

  def one(param: Array, _: int | Array) -> Array:
    dtype = np.promote_types(param.dtype, np.float32)
    return shard_like(param, jnp.zeros(param.shape, dtype))

  return map_masks(one, params, counts)
