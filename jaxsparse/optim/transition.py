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

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from jaxsparse.core.finite import all_finite
from jaxsparse.core.types import Masks, MaskState, MaskUpdater, Params, PyTree
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
  mask_state = observe(updater, grads, mask_state, params, step=step, key=key)
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
  at_step: Any = {'step': step, 'key': key}
  if updater.facts.step_on_update:
    params, opt_state, mask_state = optimiser_step(
      tx, updater, grads, opt_state, mask_state, params, **at_step
    )
  else:
    mask_state = observe(updater, grads, mask_state, params, **at_step)
  new = change(updater, grads, mask_state, params, **at_step)
  opt_state = restart(
    tx, updater, opt_state, grads, mask_state, new, regrown=regrown
  )
  return new.params, opt_state, new.mask_state


class Change(NamedTuple):
  """A change of masks.

  Attributes:
    params: those after it.
    mask_state: likewise.
    unpruned: masks of the weights that were trained before it, without those
      that the method pruned before it dropped and grew.
  """

  params: Params
  mask_state: MaskState
  unpruned: Masks


def change(
  updater: MaskUpdater,
  grads: PyTree,
  mask_state: MaskState,
  params: Params,
  *,
  step: int | jax.Array,
  key: jax.Array,
) -> Change:
  """Changes the masks, unless the gradient or a parameter is not finite.

  Args as for `optimiser_step`; `params` have been moved if the method steps
  on an update, and `mask_state` has observed.
  """
  at_step: Any = {'step': step, 'key': key}
  finite = all_finite((grads, params))
  updated = updater.update(grads, mask_state, params, **at_step)
  new_params, new_state = _where(finite, updated, (params, mask_state))
  unpruned = updater.trained(mask_state)
  if updater.pruned is not None:
    pruned = updater.pruned(grads, mask_state, params, **at_step)
    unpruned = _where(finite, pruned, unpruned)
  return Change(new_params, new_state, unpruned)


def restart(
  tx: optax.GradientTransformation,
  updater: MaskUpdater,
  opt_state: PyTree,
  grads: PyTree,
  mask_state: MaskState,
  new: Change,
  *,
  regrown: str,
) -> PyTree:
  """Resets the statistics of weights that a change of masks concerns.

  Args:
    tx: as for `mask_step`, and so are `updater`, `grads` and `regrown`.
    updater: likewise.
    opt_state: the state of `tx` before the change.
    grads: likewise.
    mask_state: the state of `updater` before the change.
    new: the change.
    regrown: likewise.
  """
  trained = updater.trained(new.mask_state)
  opt_state = reset_statistics(tx, opt_state, new.params, new.unpruned, trained)
  if updater.momenta is not None:
    momenta = updater.momenta(grads, mask_state)
    opt_state = start_momenta(
      tx, opt_state, new.params, new.unpruned, trained, momenta
    )
  return start_second_moments(
    tx, opt_state, new.params, grads, new.unpruned, trained, regrown
  )


def observe(
  updater: MaskUpdater,
  grads: PyTree,
  mask_state: MaskState,
  params: Params,
  *,
  step: int | jax.Array,
  key: jax.Array,
) -> MaskState:
  """Has the updater observe the gradient, unless that is not finite.

  Args as for `optimiser_step`.
  """
  seen = updater.observe(grads, mask_state, params, step=step, key=key)
  return _where(all_finite(grads), seen, mask_state)


def _where(condition: jax.Array, new: PyTree, old: PyTree) -> PyTree:
  """Selects a tree; leaves that are the same need no selection.

  As results of a branch they would be copied.
  """
  return jax.tree.map(
    lambda n, o: n if n is o else jnp.where(condition, n, o), new, old
  )
