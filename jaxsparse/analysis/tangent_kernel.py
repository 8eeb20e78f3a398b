"""The tangent kernel of a sparse net on a small batch.

To first order a gradient step of rate eta moves the outputs f by -eta K dL/df,
with K = J J^T the tangent kernel and J the derivative of the outputs by the
active weights. So the squared norm of the gradient, which GraSP preserves (Wang
et al. 2020), is the trace of K weighted by the labels: g^T g = (dL/df)^T K
(dL/df).

>>> import jax, jax.numpy as jnp
>>> def apply(params, x):
...   return jnp.tanh(x @ params['kernel'])
>>> params = {'kernel': jnp.ones((3, 2))}
>>> masks = {'kernel': jnp.array([[True, False], [True, True], [False, True]])}
>>> kernel = tangent_kernel(apply, params, masks, jnp.ones((4, 3)))
>>> kernel.shape, float(weighted_trace(kernel, jnp.zeros((4, 2))))
((8, 8), 0.0)
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import gradients
from jaxsparse.core.masks import apply_masks, check_masks
from jaxsparse.core.types import Masks, Params, PyTree


def tangent_kernel(
  apply: Callable[[Params, PyTree], Array],
  params: Params,
  masks: Masks,
  inputs: PyTree,
) -> Array:
  """Computes the tangent kernel J J^T of the active weights.

  By the whole J, of as many rows as there are outputs and as many columns as
  there are masked weights: for small batches.

  Args:
    apply: `(params, inputs) -> outputs` [n, ...].
    params: where it is taken; 0 outside the masks.
    masks: derivatives by weights outside do not count, nor do those by exempt
      leaves.
    inputs: n of what `apply` takes.

  Returns:
    [m, m] of the m outputs of all inputs, in their order.

  Raises:
    ValueError: masks that do not fit.
  """
  check_masks(params, masks)

  def outputs(weights: Params) -> Array:
    masked = apply_masks(weights, masks)
    return apply(gradients.merged(masked, params), inputs).reshape(-1)

  with jax.default_matmul_precision('highest'):
    jacobian = jax.jacrev(outputs)(gradients.masked_leaves(params, masks))
    rows = [leaf.reshape(len(leaf), -1) for leaf in jax.tree.leaves(jacobian)]
    return jnp.sum(jnp.stack([row @ row.T for row in rows]), axis=0)


def weighted_trace(kernel: Array, weights: Array) -> Array:
  """Returns v^T K v, the sum of K's eigenvalues weighted by (u_i v)^2.

  Args:
    kernel: K [m, m], from `tangent_kernel`.
    weights: v, m numbers of any shape. With those of dL/df it is the squared
      norm of the gradient of the active weights.
  """
  flat = weights.reshape(-1)
  with jax.default_matmul_precision('highest'):
    return flat @ kernel @ flat
