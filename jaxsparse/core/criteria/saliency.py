"""w^2 h / 2, the saliency of optimal brain damage (LeCun et al. 1990)."""

import jax
import jax.numpy as jnp

from jaxsparse.core.align import map_aligned
from jaxsparse.core.types import Params, PyTree, Scores


def saliency(params: Params, grads: PyTree, *, key: jax.Array) -> Scores:
  """Returns w^2 h / 2, what a loss at its minimum gains without w.

  To second order, with the other entries of the Hessian taken as 0 (LeCun et
  al. 1990, "Optimal Brain Damage", eq. 4).

  Args:
    params: the weights.
    grads: h, the diagonal of the Hessian or of the Fisher matrix.
    key: not used.

  Returns:
    A tree of the structure of `params`: scores in float32, shaped like its
    leaves.
  """
  del key
  return map_aligned(
    lambda w, h: 0.5 * w.astype(jnp.float32) ** 2 * h.astype(jnp.float32),
    params,
    grads,
  )
