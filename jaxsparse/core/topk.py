"""Exact top-k masks."""

import jax.numpy as jnp
from jax import Array


def topk_mask(scores, k, *, where=None) -> Array:
  """A mask of the k highest scores, ties to the lowest flat index."""
  flat = scores.astype(jnp.float32).ravel()
  tiny = jnp.finfo(jnp.float32).tiny
  flat = jnp.where(jnp.abs(flat) >= tiny, flat, 0.0)
  order = jnp.argsort(-flat, stable=True)
  if where is not None:
    order = order[jnp.argsort(~where.ravel()[order], stable=True)]
  rank = (
    jnp.zeros(flat.shape, jnp.int32)
    .at[order]
    .set(jnp.arange(flat.size, dtype=jnp.int32))
  )
  return (rank < k).reshape(scores.shape)
