"""w (Hg), what the gradient flow loses without a weight (Wang et al. 2020)."""

import jax
import jax.numpy as jnp

from jaxsparse.core.align import map_aligned
from jaxsparse.core.types import Params, PyTree, Scores


def gradient_flow(params: Params, grads: PyTree, *, key: jax.Array) -> Scores:
  """Returns w (Hg), by which GraSP keeps weights (Wang et al. 2020, eq. 8).

  Removing weight w changes the squared norm of the gradient g by -2 w (Hg) to
  first order, H being the Hessian of the loss. The paper's score has the other
  sign, and its largest are removed.

  Args:
    params: the weights.
    grads: Hg.
    key: not used.

  Returns:
    A tree of the structure of `params`: scores of both signs in float32, shaped
    like its leaves.
  """
  del key
  return map_aligned(
    lambda w, hg: w.astype(jnp.float32) * hg.astype(jnp.float32), params, grads
  )
