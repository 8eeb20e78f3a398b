"""Optimiser statistics at a mask change.

A weight that enters the masks is a new weight: momentum, second moments and
accumulators that stand at its place are another weight's past, or nothing at
all. So every per-weight statistic of a weight that was not active both before
and after the change returns to what `tx.init` gives it (Evci et al. 2020,
algorithm 1, sets momenta to 0, which is what `init` gives there). Not to 0: an
accumulator in a denominator does not start at 0, and a zeroed one makes the
first steps far too long.

Which leaf of an optimiser's state belongs to which parameter is read from the
state itself, through `optax.tree.map_params`; no optimiser is known by name.
Statistics of a whole leaf or of one of its rows (adafactor, sm3, novograd)
belong to many weights and are kept.
"""

import jax
import jax.numpy as jnp
import optax
from jax import tree_util

from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Masks, Params, PyTree

NO_OWNER = -1


def owners(
  tx: optax.GradientTransformation, opt_state: PyTree, params: Params
) -> PyTree:
  """To which parameter each leaf of an optimiser's state belongs.

  Args:
    tx: the optimiser.
    opt_state: its state; leaves may be `ShapeDtypeStruct`.
    params: the parameters; leaves may be `ShapeDtypeStruct`.

  Returns:
    A tree of the structure of `opt_state`. A leaf is the index, in
    `jax.tree.leaves(params)`, of the parameter that the statistic describes,
    or `NO_OWNER` for counters, hyperparameters and keys.
  """
  index = {
    path: i
    for i, (path, _) in enumerate(tree_util.tree_flatten_with_path(params)[0])
  }

  def owner(path, _):
    # By prefix: a parameter's place may hold several statistics (sm3).
    prefixes = (path[:n] for n in range(len(path) + 1))
    return next((index[p] for p in prefixes if p in index), NO_OWNER)

  # is_leaf hands over each copy of the params' tree whole, so that parts left
  # out by optax.masked need not match the structure of the params.
  return optax.tree.map_params(
    tx,
    lambda copy: tree_util.tree_map_with_path(owner, copy),
    opt_state,
    transform_non_params=lambda _: NO_OWNER,
    is_leaf=lambda _: True,
  )


def reset_statistics(
  tx: optax.GradientTransformation,
  opt_state: PyTree,
  params: Params,
  old: Masks,
  new: Masks,
) -> PyTree:
  """`opt_state` after the masks went from `old` to `new`.

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts.
    opt_state: its state.
    params: the stored parameters after the change; some optimisers start a
      statistic from them (schedule_free, prodigy, dog).
    old: masks of what the optimiser moved before the change.
    new: masks of what it moves from now on.

  Returns:
    The state with every per-weight statistic outside (old and new) as
    `tx.init(params)` gives it. Statistics of weights in both masks, of exempt
    leaves and of whole leaves or rows, and all counters, bit for bit as
    they were.
  """
  both = map_masks(
    lambda _, o, n: o & n, params, old, new, exempt=lambda *_: True
  )
  kept = jax.tree.leaves(both)

  def reset(owner, statistic, initial):
    if owner == NO_OWNER or jnp.shape(kept[owner]) != jnp.shape(statistic):
      return statistic
    return jnp.where(kept[owner], statistic, initial)

  return jax.tree.map(
    reset, owners(tx, opt_state, params), opt_state, tx.init(params)
  )
