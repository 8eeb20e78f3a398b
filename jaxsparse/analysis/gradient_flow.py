"""Gradient flow: how much of the loss's gradient reaches the active weights.

Sparse networks train badly from a usual initialisation because little
gradient flows through them (Evci et al. 2022, section 4.1).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import Masks, Params, PyTree


def gradient_norm(
  loss: Callable[[Params, PyTree], jax.Array],
  params: Params,
  masks: Masks,
  batch: PyTree,
) -> jax.Array:
  """The L2 norm of the masked gradient of `loss` on one batch.

  Args:
    loss: `(params, batch) -> scalar`, the mean over the batch.
    params: where the gradient is taken.
    masks: gradients outside are not counted; exempt leaves are.
    batch: a fixed probe batch, so that values of different steps compare.

  Returns:
    A float32 scalar >= 0.
  """
  grads = apply_masks(jax.grad(loss)(params, batch), masks)
  squares = [
    jnp.sum(jnp.square(g.astype(jnp.float32))) for g in jax.tree.leaves(grads)
  ]
  return jnp.sqrt(sum(squares, start=jnp.float32(0)))
