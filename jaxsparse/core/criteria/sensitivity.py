"""|w g|, the connection sensitivity of SNIP (Lee et al. 2019)."""

import jax
import jax.numpy as jnp

from jaxsparse.core.align import map_aligned
from jaxsparse.core.types import Params, PyTree, Scores


def sensitivity(params: Params, grads: PyTree, *, key: jax.Array) -> Scores:
  """Returns |w g|, SNIP's connection sensitivity (Lee et al. 2019, eq. 4).

  The first-order change of the loss by a change of the factor m = 1 before the
  weight: |dL/dm| = |w dL/d(w m)|. The paper divides by the sum over all
  weights, which ranks them no differently.

  Returns:
    A tree of the structure of `params`: scores >= 0 in float32, in which no
    product of half-precision numbers underflows, shaped like its leaves.
  """
  del key
  return map_aligned(
    lambda w, g: jnp.abs(w.astype(jnp.float32) * g.astype(jnp.float32)),
    params,
    grads,
  )
