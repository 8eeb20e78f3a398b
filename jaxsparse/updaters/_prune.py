"""What the magnitude pruning methods share: dense at first, then ever less."""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import masks as masking
from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.topk import topk_mask
from jaxsparse.core.types import Counts, Masks, MaskState, Params, PyTree
from jaxsparse.updaters import _checks


def full_init(counts: Counts) -> Callable[..., MaskState]:
  """An `init` with full masks on the leaves that `counts` names."""

  def init(
    params: Params, *, key: Array, probe: PyTree | None = None
  ) -> MaskState:
    del key, probe
    _checks.check_counts(params, counts)
    return MaskState(masking.full_masks(params, counts))

  return init


def keep_largest(
  counts: Counts,
  grads: PyTree,
  state: MaskState,
  params: Params,
  *,
  key: Array,
) -> tuple[Params, MaskState]:
  """Keeps of each leaf the `counts` active weights of largest |w|.

  All of them where fewer are active: nothing is ever revived.
  """

  def one(score: Array, mask: Array, count: int | Array) -> Array:
    active = jnp.sum(mask, dtype=jnp.int32)
    return topk_mask(score, jnp.minimum(active, count), where=mask)

  scores = magnitude(params, grads, key=key)
  new: Masks = masking.map_masks(one, scores, state.masks, counts)
  return masking.apply_masks(params, new), state._replace(masks=new)
