"""Gradient flow: how much of the loss's gradient reaches the active weights.

Sparse networks train badly from a usual initialisation because little
gradient flows through them (Evci et al. 2022, section 4.1). On a model of
your own:

>>> import jax, jax.numpy as jnp
>>> from jaxsparse.core import masks
>>> def loss(params, batch):
...   images, targets = batch
...   return jnp.mean((jnp.tanh(images @ params['kernel']) - targets) ** 2)
>>> params = {'kernel': jax.random.normal(jax.random.key(0), (8, 4))}
>>> batch = jnp.ones((2, 8)), jnp.zeros((2, 4))
>>> mask = masks.random_masks(params, {'kernel': 8}, key=jax.random.key(1))
>>> flow = jax.jit(gradient_flow, static_argnums=0)(loss, params, mask, batch)
>>> bool(flow.norm > 0), list(flow.leaves), flow.per_weight.shape
(True, ['kernel'], ())
>>> bool(first_order_change(flow.norm, learning_rate=0.1) < 0)
True
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.core.align import map_aligned
from jaxsparse.core.masks import (
  active,
  apply_masks,
  check_masks,
  map_masks,
)
from jaxsparse.core.types import Masks, Params, PyTree, Scalar

ProbeLoss = Callable[[Params, PyTree], jax.Array]


class GradientFlow(NamedTuple):
  """Norms of one masked gradient, and its loss; float32 scalars.

  Attributes:
    norm: the L2 norm over active weights and exempt leaves, biases too: the
      measure of Evci et al. 2022.
    leaves: a tree like the params: the L2 norm of each leaf.
    layer_mean: the mean of `leaves` over the masked ones, each layer counting
      the same: Effective Gradient Flow, EGF_2, of Tessera et al. 2021, "Keep
      the Gradients Flowing".
    per_weight: the root mean square of the gradient of an active weight,
      which compares nets of different counts. Tessera et al. speak of EGF as
      normalised by active weights and mean that only those enter; they do not
      divide by their number, as this does.
    loss: that of the batch.
  """

  norm: jax.Array
  leaves: PyTree
  layer_mean: jax.Array
  per_weight: jax.Array
  loss: jax.Array


def gradient_flow(
  loss: ProbeLoss, params: Params, masks: Masks, batch: PyTree
) -> GradientFlow:
  """Computes norms of the masked gradient of `loss`, in one backward pass.

  Args:
    loss: `(params, batch) -> scalar`, the mean over the batch, without terms
      of regularisation.
    params: where the gradient is taken; 0 outside the masks.
    masks: gradients outside are not counted; exempt leaves (`None`) are.
    batch: a fixed probe batch, so that values of different steps compare.

  Returns:
    Norms are 0 or more; `layer_mean` and `per_weight` 0 without any mask.

  Raises:
    ValueError: masks that do not fit.
  """
  check_masks(params, masks)
  value, grads = jax.value_and_grad(loss)(params, batch)
  return flow_of_gradient(value, grads, masks)


def flow_of_gradient(
  loss: jax.Array, grads: PyTree, masks: Masks
) -> GradientFlow:
  """Computes `gradient_flow` from the loss and its gradient.

  Args:
    loss: the loss that it is of, a scalar.
    grads: a tree like the params.
    masks: as for `gradient_flow`.

  Raises:
    ValueError: masks that do not fit.
  """
  check_masks(grads, masks)
  squares = _masked_squares(grads, masks)
  of_masked = jax.tree.leaves(map_masks(lambda s, _: s, squares, masks))
  weights = _total(jax.tree.leaves(active(masks)), jnp.int32)
  return GradientFlow(
    norm=jnp.sqrt(_total(jax.tree.leaves(squares))),
    leaves=jax.tree.map(jnp.sqrt, squares),
    layer_mean=_total([jnp.sqrt(s) for s in of_masked])
    / max(len(of_masked), 1),
    per_weight=jnp.sqrt(
      _total(of_masked) / jnp.maximum(weights, 1).astype(jnp.float32)
    ),
    loss=loss.astype(jnp.float32),
  )


def gradient_norm(
  loss: ProbeLoss, params: Params, masks: Masks, batch: PyTree
) -> jax.Array:
  """Returns the L2 norm of the masked gradient of `loss` on one batch.

  The `norm` of `gradient_flow`, alone; arguments as there.

  Returns:
    A float32 scalar >= 0.

  Raises:
    ValueError: masks that do not fit.
  """
  check_masks(params, masks)
  squares = _masked_squares(jax.grad(loss)(params, batch), masks)
  return jnp.sqrt(_total(jax.tree.leaves(squares)))


def gradient_flow_change(
  loss: ProbeLoss,
  before: tuple[Params, Masks],
  after: tuple[Params, Masks],
  batch: PyTree,
) -> GradientFlow:
  """Returns the change of gradient flow in a mask update, on the same batch.

  Args:
    loss: as for `gradient_flow`.
    before: params and masks, after the optimiser's step and before the mask
      update.
    after: those after the update, in which new weights are 0.
    batch: as for `gradient_flow`.

  Returns:
    The flow after minus the flow before: `norm` is the Delta gradient norm of
    Evci et al. 2022, above 0 where the update raises gradient flow.

  Raises:
    ValueError: masks that do not fit.
  """
  return map_aligned(
    jnp.subtract,
    gradient_flow(loss, *after, batch),
    gradient_flow(loss, *before, batch),
  )


def first_order_change(norm: Scalar, *, learning_rate: Scalar) -> jax.Array:
  """Returns the change of the loss in a plain gradient step, to first order.

  Along theta - eta g the loss is L(theta) - eta ||g||^2 + O(eta^2): the
  motive for gradient flow as a measure (Evci et al. 2022). It holds for SGD
  without momentum and on the batch of g.

  Args:
    norm: ||g||, of the gradient that the step follows.
    learning_rate: eta, above 0.

  Returns:
    -eta ||g||^2, at most 0.
  """
  return -learning_rate * jnp.square(norm)


def _masked_squares(grads: PyTree, masks: Masks) -> PyTree:
  """Returns the squared L2 norm of each leaf's masked gradient, float32."""
  return jax.tree.map(
    lambda g: jnp.sum(jnp.square(g.astype(jnp.float32))),
    apply_masks(grads, masks),
  )


def _total(
  values: list[jax.Array], dtype: jnp.dtype = jnp.float32
) -> jax.Array:
  return sum(values, start=jnp.zeros([], dtype))
