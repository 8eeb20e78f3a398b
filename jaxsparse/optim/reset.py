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

A method may ask for another momentum of weights that it grew. It is written
where the optimiser keeps a trace of gradients (`optax.trace`: SGD with
momentum, RMSProp with it, and what is chained of it); one that has none cannot
give it to them.
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


def start_momenta(
  tx: optax.GradientTransformation,
  opt_state: PyTree,
  params: Params,
  old: Masks,
  new: Masks,
  momenta: PyTree,
) -> PyTree:
  """`opt_state` with a momentum of grown weights, those in `new` alone.

  Args:
    tx: an optimiser that keeps a momentum.
    opt_state: its state, after `reset_statistics`.
    params: the stored parameters.
    old: masks of what the optimiser moved before the change.
    new: masks of what it moves from now on.
    momenta: shaped like `params`; read where weights were grown.

  Raises:
    ValueError: the optimiser keeps none.
  """
  check_momentum(opt_state)
  grown = jax.tree.leaves(
    map_masks(lambda _, o, n: n & ~o, params, old, new, exempt=lambda *_: False)
  )
  values = jax.tree.leaves(momenta)

  def start(owner, statistic):
    if owner == NO_OWNER or jnp.shape(grown[owner]) != jnp.shape(statistic):
      return statistic
    value = values[owner].astype(statistic.dtype)
    return jnp.where(grown[owner], value, statistic)

  def one(owner, part):
    return jax.tree.map(start, owner, part) if _is_trace(part) else part

  return jax.tree.map(
    one, owners(tx, opt_state, params), opt_state, is_leaf=_is_trace
  )


def check_momentum(opt_state: PyTree) -> None:
  """Raises `ValueError` where an optimiser's state has no momentum.

  Args:
    opt_state: the state; leaves may be `ShapeDtypeStruct`.
  """
  if not any(map(_is_trace, jax.tree.leaves(opt_state, is_leaf=_is_trace))):
    raise ValueError(
      'the method gives grown weights a momentum, and the optimiser keeps'
      ' none; accepted is one with optax.trace (sgd or rmsprop with momentum)'
    )


def _is_trace(part):
  return isinstance(part, optax.TraceState)
