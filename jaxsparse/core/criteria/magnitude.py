"""|w|, the score of magnitude pruning (Zhu and Gupta 2017)."""

import jax
import jax.numpy as jnp

from jaxsparse.core.types import Params, PyTree, Scores


def magnitude(params: Params, grads: PyTree, *, key: jax.Array) -> Scores:
  """Returns |w|, the score of magnitude pruning (Zhu and Gupta 2017).

  Returns:
    A tree of the structure of `params`: scores >= 0 in float32, shaped like
    its leaves.
  """
  del grads, key
  return jax.tree.map(lambda w: jnp.abs(w).astype(jnp.float32), params)
