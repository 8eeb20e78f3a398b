"""A penalty on the distance of a net to others, its anchors."""

import jax
import jax.numpy as jnp

from jaxsparse.core.align import map_aligned
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import Masks, Params
from jaxsparse.training.state import Anchors

DISTANCES = ('cosine', 'l2')


def penalty(
  distance: str, anchors: Anchors, params: Params, masks: Masks
) -> jax.Array:
  """Returns the penalty, summed over the anchors.

  With `cosine` the squared cosine between the nets as vectors, under the masks
  of the first (Maene et al. 2021, section 5): a positive weight repels, a
  negative one attracts. With `l2` half the squared distance.

  Args:
    distance: one of `DISTANCES`.
    anchors: the nets and their weights.
    params: as the loss sees them.
    masks: of `params`; leaves without one count whole.

  Returns:
    A float32 scalar.
  """

  def one(anchor: Params) -> jax.Array:
    anchor = apply_masks(anchor, masks)
    if distance == 'l2':
      apart = map_aligned(jnp.subtract, params, anchor)
      return _product(apart, apart) / 2
    length = _product(params, params) * _product(anchor, anchor)
    # Of a net of zeros no direction is known: no force.
    safe = jnp.where(length > 0, length, 1)
    return jnp.square(_product(params, anchor)) / safe

  return jnp.sum(anchors.weights * jax.vmap(one)(anchors.params))


def _product(one: Params, other: Params) -> jax.Array:
  """Returns the dot product of two nets."""
  products = map_aligned(
    lambda a, b: jnp.sum(a * b, dtype=jnp.float32), one, other
  )
  return sum(jax.tree.leaves(products), start=jnp.float32(0))
