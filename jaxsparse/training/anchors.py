"""A penalty on the distance of a net to others, its anchors."""

import jax
import jax.numpy as jnp

from jaxsparse.core.align import aligned
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
    anchors: the nets and their weights; finite.
    params: as the loss sees them.
    masks: of `params`; leaves without one count whole.

  Returns:
    A float32 scalar, to the rounding of the squared lengths of the nets.
  """
  # Dot products, one with all anchors a leaf, and no masked copies of these.
  # Squared lengths of anchors do not depend on `params`: a program that loops
  # over steps computes them once.
  nets = anchors.params
  products = _products(nets, apply_masks(params, masks))
  ones = apply_masks(jax.tree.map(jnp.ones_like, params), masks)
  squares = _products(jax.tree.map(jnp.square, nets), ones)
  square = _products(params, params)
  if distance == 'l2':
    return anchors.weights @ (square - 2 * products + squares) / 2
  lengths = square * squares
  # Of a net of zeros no direction is known: no force.
  safe = jnp.where(lengths > 0, lengths, 1)
  return anchors.weights @ (jnp.square(products) / safe)


def _products(nets: Params, params: Params) -> jax.Array:
  """Returns the dot products of nets, stacked or one, with another."""
  leaves = jax.tree.leaves(params)
  products = [
    jnp.tensordot(
      net,
      leaf,
      leaf.ndim,
      precision=jax.lax.Precision.HIGHEST,
      preferred_element_type=jnp.float32,
    )
    for net, leaf in zip(aligned(params, nets), leaves, strict=True)
  ]
  return sum(products, start=jnp.float32(0))
