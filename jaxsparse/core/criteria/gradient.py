"""|g| of the dense gradient, the score of RigL growth (Evci et al. 2020)."""

import jax
import jax.numpy as jnp

from jaxsparse.core.types import Params, PyTree, Scores


def gradient(params: Params, grads: PyTree, *, key: jax.Array) -> Scores:
  """Returns |g| of the dense gradient, RigL's growth score (Evci et al. 2020).

  Returns:
    A tree of the structure of `params`: scores >= 0 in float32, shaped like
    its leaves.
  """
  del params, key
  return jax.tree.map(lambda g: jnp.abs(g).astype(jnp.float32), grads)
