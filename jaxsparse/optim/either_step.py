"""An ordinary step or a mask step, as the step count says, in one program.

The order of events is that of `transition`, and so are the results. The
programs of a run have one kind of step each. A loop of the user's own has both
in one, and its ordinary step shall cost what a step of Optax does. So a branch
of a `cond` computes the masks alone. All else is computed for both kinds of
step at once, by selections that XLA makes part of the optimiser's own loops
over the weights: the statistics outside the masks are those that the optimiser
starts with, and the updates lead to 0 there.

A method may change weights otherwise, or start the statistics of grown weights
elsewhere (`Facts.masks_only`, `momenta`, `regrown`). Then branches compute the
params and the statistics too, at the price of copies.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from jaxsparse.core.align import aligned
from jaxsparse.core.masks import apply_masks, map_masks
from jaxsparse.core.types import Masks, MaskState, MaskUpdater, Params, PyTree
from jaxsparse.optim.gated import Gate, gated_update
from jaxsparse.optim.masked import (
  apply_gradients,
  masked_updates,
  stored_params,
)
from jaxsparse.optim.owners import NO_OWNER, owners
from jaxsparse.optim.transition import Change, change, observe, restart


def ordinary_step(
  tx: optax.GradientTransformation,
  updater: MaskUpdater,
  grads: PyTree,
  opt_state: PyTree,
  mask_state: MaskState,
  params: Params,
  *,
  step: int | Array,
  key: Array,
) -> tuple[PyTree, PyTree, MaskState]:
  """Takes a step of a loop of the user's own whose masks never change.

  Args:
    tx: as for `transition.optimiser_step`, and so are the next four.
    updater: likewise.
    grads: likewise; no leaf is narrower than its parameter.
    opt_state: likewise.
    mask_state: likewise.
    params: the parameters, which need not be 0 yet outside the masks.
    step: as for `transition.optimiser_step`.
    key: likewise.

  Returns:
    `(updates, opt_state, mask_state)`; `params + updates` are the new params.
  """
  at_step: Any = {'step': step, 'key': key}
  stored = stored_params(updater, params, mask_state)
  mask_state = observe(updater, grads, mask_state, stored, **at_step)
  gradients = updater.regularise(grads, mask_state, stored, **at_step)
  trained = updater.trained(mask_state)
  updates, opt_state = masked_updates(tx, gradients, opt_state, stored, trained)
  return _cut(updater, params, updates, trained), opt_state, mask_state


def either_step(
  tx: optax.GradientTransformation,
  updater: MaskUpdater,
  grads: PyTree,
  opt_state: PyTree,
  mask_state: MaskState,
  params: Params,
  *,
  step: int | Array,
  key: Array,
  on_mask_step: Array,
  may_be_dense: bool,
  regrown: str = 'zero',
) -> tuple[PyTree, PyTree, MaskState]:
  """Takes an ordinary step or a mask step of a loop of the user's own.

  Args and returns as `ordinary_step`, and

    on_mask_step: whether this is a mask step, a bool scalar.
    may_be_dense: whether `params` need not be 0 outside the masks on a mask
      step.
    regrown: as for `transition.mask_step`.
  """
  moves_first = updater.facts.step_on_update
  by_masks = _by_masks(updater, regrown)
  # The params are cut where they are needed: as an operand of a branch they
  # would be stored.
  before = observe(
    updater,
    grads,
    mask_state,
    stored_params(updater, params, mask_state),
    step=step,
    key=key,
  )
  now = _Step(tx, updater, grads, opt_state, before, params, step, key)
  new = jax.lax.cond(
    on_mask_step,
    lambda: _needed(now.changed(), by_masks, updater),
    lambda: _needed(now.unchanged(), by_masks, updater),
  )
  stays = updater.trained(new.mask_state)
  # Once a branch has written the new masks, the old ones are a copy. It is
  # saved where all weights outside the old masks are 0 and start anew anyway.
  if moves_first or may_be_dense or new.unpruned is not None:
    old = updater.trained(before) if new.unpruned is None else new.unpruned
    stays = jax.tree.map(jnp.logical_and, old, stays)
  # On a mask step the optimiser moves weights by the old masks, or none.
  moving = before if moves_first else new.mask_state
  still = None if moves_first else on_mask_step
  weights, gradients = now.seen_by_optimiser(moving)
  gate = _gate(tx, opt_state, weights, still, stays if by_masks else None)
  updates, opt_state = gated_update(tx, gradients, opt_state, weights, gate)
  if still is not None:
    updates = jax.tree.map(lambda u: jnp.where(still, 0, u), updates)
  # Weights that are stored elsewhere than in the masks stay where they are.
  cut = updater.trained(moving) if updater.facts.stores_all else stays
  updates = _cut(updater, params, updates, cut)
  if not by_masks:
    opt_state = jax.lax.cond(
      on_mask_step,
      lambda: restart(
        tx, updater, opt_state, grads, before, new, regrown=regrown
      ),
      lambda: opt_state,
    )
    lead = functools.partial(_leading_to, on_mask_step)
    updates = jax.tree.map(lead, params, updates, new.params)
  return updates, opt_state, new.mask_state


class _Step(NamedTuple):
  """A step of either kind, once the updater has observed; see `either_step`."""

  tx: optax.GradientTransformation
  updater: MaskUpdater
  grads: PyTree
  opt_state: PyTree
  mask_state: MaskState
  params: Params
  step: int | Array
  key: Array

  def seen_by_optimiser(self, state: MaskState) -> tuple[Params, PyTree]:
    """Returns the stored params and the masked gradient at a mask state."""
    stored = stored_params(self.updater, self.params, state)
    gradients = self.updater.regularise(
      self.grads, state, stored, step=self.step, key=self.key
    )
    return stored, apply_masks(gradients, self.updater.trained(state))

  def changed(self) -> Change:
    """Returns what a mask step changes."""
    params = stored_params(self.updater, self.params, self.mask_state)
    if self.updater.facts.step_on_update:
      stored, gradients = self.seen_by_optimiser(self.mask_state)
      trained = self.updater.trained(self.mask_state)
      params, _ = apply_gradients(
        self.tx, gradients, self.opt_state, stored, trained
      )
    return change(
      self.updater,
      self.grads,
      self.mask_state,
      params,
      step=self.step,
      key=self.key,
    )

  def unchanged(self) -> Change:
    """Returns the same of an ordinary step."""
    stored = stored_params(self.updater, self.params, self.mask_state)
    trained = self.updater.trained(self.mask_state)
    return Change(stored, self.mask_state, trained)


def _needed(new: Change, by_masks: bool, updater: MaskUpdater) -> Change:
  """Returns what is read of a change; the rest would be results to copy."""
  if not by_masks:
    return new
  unpruned = None if updater.pruned is None else new.unpruned
  return Change(None, new.mask_state, unpruned)


def _by_masks(updater: MaskUpdater, regrown: str) -> bool:
  """Returns whether the masks say what a mask step does to all else."""
  plain = updater.momenta is None and regrown in ('zero', 'age')
  return updater.facts.masks_only and plain


def _gate(
  tx: optax.GradientTransformation,
  opt_state: PyTree,
  params: Params,
  still: Array | None,
  stays: Masks | None,
) -> Gate:
  """Returns the gate of an optimiser's statistics.

  Args:
    tx: the optimiser.
    opt_state: its state.
    params: the stored parameters before the step.
    still: whether all statistics stay as they are; `None`: never.
    stays: masks of the weights that keep their statistics; those of others
      start anew. `None`: all keep them.
  """
  old = jax.tree.leaves(opt_state)
  if stays is not None:
    of_leaves = jax.tree.leaves(owners(tx, opt_state, params))
    start = aligned(opt_state, tx.init(apply_masks(params, stays)))
    masks = jax.tree.leaves(
      map_masks(lambda _, m: m, params, stays, exempt=lambda _: True)
    )

  def gate(i: int, new: Array) -> Array:
    if still is not None:
      new = jnp.where(still, old[i], new)
    if stays is None or of_leaves[i] == NO_OWNER:
      return new
    mask = masks[of_leaves[i]]
    if jnp.shape(mask) != jnp.shape(new):
      return new
    return jnp.where(mask, new, start[i])

  return gate


def _cut(
  updater: MaskUpdater, params: Params, updates: PyTree, stays: Masks
) -> PyTree:
  """Returns updates that lead to 0 outside the masks, if it stores 0 there."""

  def cut(param: Array, mask: Array, update: Array) -> Array:
    stored = updater.facts.stores_all
    return jnp.where(mask, update, jnp.zeros_like(param) if stored else -param)

  return map_masks(cut, params, stays, updates, exempt=lambda _, update: update)


def _leading_to(
  changes: Array, param: Array, moved: Array, new: Array
) -> Array:
  """Returns the update from `param` to `new` where a mask step changes it.

  `param + (new - param)` need not be `new` in floating point, but it is where
  either is 0, and elsewhere a mask step leaves the optimiser's update alone.
  """
  reached = optax.apply_updates(param, moved) == new
  return jnp.where(~changes | reached, moved, new.astype(moved.dtype) - param)
