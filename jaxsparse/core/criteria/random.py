"""Uniformly random scores: SET's growth (Mocanu et al. 2018)."""

import jax

from jaxsparse.core import prng
from jaxsparse.core.types import Params, PyTree, Scores


def random(params: Params, grads: PyTree, *, key: jax.Array) -> Scores:
  """Draws scores from U[0, 1), each leaf from a stream named by its path.

  Returns:
    A tree of the structure of `params`: float32, shaped like its leaves.
  """
  del grads
  return jax.tree.map(
    lambda p, k: prng.uniform(k, p.shape),
    params,
    prng.leaf_keys(key, params),
  )
