"""Optimiser steps restricted to the active weights of the masks.

Masking the gradient alone is not enough: weight decay, noise, trust ratios,
centred gradients and the momentum of a weight that was just dropped all move
weights whose gradient is 0. So the gradient is masked on its way in, which
keeps the statistics of inactive weights clean, and the update on its way out.
"""

import jax
import optax

from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import Masks, MaskState, MaskUpdater, Params, PyTree


def forward_params(
  updater: MaskUpdater, params: Params, state: MaskState
) -> Params:
  """Returns the params of the forward pass: 0 outside the masks.

  They are the stored ones, unless the method stores more than its masks hold.
  """
  masked = updater.trained is MaskUpdater._field_defaults['trained']
  if masked and not updater.facts.stores_all:
    return params
  return apply_masks(params, state.masks)


def stored_params(
  updater: MaskUpdater, params: Params, state: MaskState
) -> Params:
  """Returns `params` as a method stores them: 0 outside the trained weights.

  They are unchanged where the method keeps all values (`stores_all`).
  """
  if updater.facts.stores_all:
    return params
  return apply_masks(params, updater.trained(state))


def masked_updates(
  tx: optax.GradientTransformation,
  grads: PyTree,
  opt_state: PyTree,
  params: Params,
  trained: Masks,
) -> tuple[PyTree, PyTree]:
  """Returns the updates of `tx`, exactly 0 outside `trained`, and its state.

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts.
    grads: the dense gradient, shaped like `params`. `tx` does not read values
      outside `trained`, NaN included.
    opt_state: the state of `tx`; its leaves keep their dtypes.
    params: the stored parameters.
    trained: masks of the weights that may move; `None` leaves move freely.
  """
  updates, new = tx.update(apply_masks(grads, trained), opt_state, params)
  # Promotion may widen statistics: by a float32 rate, say, of bfloat16 params.
  new = jax.tree.map(
    lambda old, x: x if x.dtype == old.dtype else x.astype(old.dtype),
    opt_state,
    new,
  )
  return apply_masks(updates, trained), new


def apply_gradients(
  tx: optax.GradientTransformation,
  grads: PyTree,
  opt_state: PyTree,
  params: Params,
  trained: Masks,
) -> tuple[Params, PyTree]:
  """Applies one step of `tx` to the weights of `trained`.

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts.
    grads: the dense gradient, shaped like `params`.
    opt_state: the state of `tx`.
    params: the stored parameters.
    trained: masks of the weights that may move; `None` leaves move freely.

  Returns:
    The new params, those outside `trained` unchanged, and the new state.
  """
  updates, opt_state = masked_updates(tx, grads, opt_state, params, trained)
  return optax.apply_updates(params, updates), opt_state
