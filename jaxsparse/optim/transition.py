"""What happens in a step, and in which order.

Every step, the updater observes the dense gradient before anything moves. On
an ordinary step the optimiser then moves the active weights, by the gradient
and what the method adds to it. On a mask step
the optimiser moves first if the method says so (`step_on_update`: SET, SNFS,
gradual pruning), by the old masks, or not at all (RigL); then the masks
change, and the statistics of the weights that left or entered them are reset
(the momentum of those that entered to what the method gives it, if it does,
and their second moment to what `regrown` says, if it is not zero).
A method that prunes before it grows (GraNet) changes the masks twice: a weight
that leaves and enters again is reset too.
The gradient, at the masked params, is the same throughout: growth sees it as
it was before anything was dropped.

A gradient that is not finite never reaches a mask: the updater does not
observe it, and a mask step at which the gradient or a parameter is not finite
leaves the masks as they are. (Ranked by NaN scores, healthy weights would be
dropped, and a NaN weight would vanish instead of being noticed.) The optimiser
step is taken as ever; what becomes of such a run is the loop's business.
"""

import jax
import jax.numpy as jnp
import optax

from jaxsparse.core.types import MaskState, MaskUpdater, Params, PyTree
from jaxsparse.optim.masked import apply_gradients
from jaxsparse.optim.reset import reset_statistics, start_momenta
from jaxsparse.optim.second_moments import start_second_moments


def optimiser_step(
  tx: optax.GradientTransformation,
  updater: MaskUpdater,
  grads: PyTree,
  opt_state: PyTree,
  mask_state: MaskState,
  params: Params,
  *,
  step: int | jax.Array,
  key: jax.Array,
) -> tuple[Params, PyTree, MaskState]:
  """Takes an ordinary step: the updater observes, the optimiser moves.

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts; may hold traced
      hyperparameters.
    updater: the sparse-training method.
    grads: the dense gradient at `masked.forward_params(updater, params, ...)`.
    opt_state: the state of `tx`.
    mask_state: the state of `updater`.
    params: the stored parameters.
    step: the number of batches before this one, an int or an int32 scalar.
    key: a PRNG key of this step.

  Returns:
    The new `(params, opt_state, mask_state)`.
  """
  mask_state = _observe(updater, grads, mask_state, params, step=step, key=key)
  gradients = updater.regularise(grads, mask_state, params, step=step, key=key)
  trained = updater.trained(mask_state)
  params, opt_state = apply_gradients(tx, gradients, opt_state, params, trained)
  return params, opt_state, mask_state


def mask_step(
  tx: optax.GradientTransformation,
  updater: MaskUpdater,
  grads: PyTree,
  opt_state: PyTree,
  mask_state: MaskState,
  params: Params,
  *,
  step: int | jax.Array,
  key: jax.Array,
  regrown: str = 'zero',
) -> tuple[Params, PyTree, MaskState]:
  """Takes a mask step, at which the masks change; see the module's head.

  Args and returns as `optimiser_step`, and `regrown`, one of
  `regrown.REGROWN`: for `age`, `tx` is one of `regrown.with_regrown`.
  """
  if updater.facts.step_on_update:
    params, opt_state, mask_state = optimiser_step(
      tx, updater, grads, opt_state, mask_state, params, step=step, key=key
    )
  else:
    mask_state = _observe(
      updater, grads, mask_state, params, step=step, key=key
    )
  finite = all_finite((grads, params))
  new_params, new_state = optax.tree.where(
    finite,
    updater.update(grads, mask_state, params, step=step, key=key),
    (params, mask_state),
  )
  old, new = updater.trained(mask_state), updater.trained(new_state)
  if updater.pruned is not None:
    pruned = updater.pruned(grads, mask_state, params, step=step, key=key)
    old = optax.tree.where(finite, pruned, old)
  opt_state = reset_statistics(tx, opt_state, new_params, old, new)
  if updater.momenta is not None:
    momenta = updater.momenta(grads, mask_state)
    opt_state = start_momenta(tx, opt_state, new_params, old, new, momenta)
  opt_state = start_second_moments(
    tx, opt_state, new_params, grads, old, new, regrown
  )
  return new_params, opt_state, new_state


def all_finite(tree: PyTree) -> jax.Array:
  """Returns whether `tree` has no infinity or NaN; a bool scalar."""
  leaves = [jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)]
  return jnp.all(jnp.array(leaves, bool))


def _observe(
  updater: MaskUpdater,
  grads: PyTree,
  mask_state: MaskState,
  params: Params,
  *,
  step: int | jax.Array,
  key: jax.Array,
) -> MaskState:
  seen = updater.observe(grads, mask_state, params, step=step, key=key)
  return optax.tree.where(all_finite(grads), seen, mask_state)
