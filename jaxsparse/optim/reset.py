"""Optimiser statistics at a mask change.

A weight that enters the masks is a new weight: momentum, second moments and
accumulators that stand at its place are another weight's past, or nothing at
all. So every per-weight statistic of a weight that was not active both before
and after the change returns to what `tx.init` gives it (Evci et al. 2020,
algorithm 1, sets momenta to 0, which is what `init` gives there). Not to 0: an
accumulator in a denominator does not start at 0, and a zeroed one makes the
first steps far too long.

Statistics of a whole leaf or of one of its rows (adafactor, sm3, novograd)
belong to many weights and are kept.

A method may ask for another momentum of weights that it grew. It is written
where the optimiser keeps a trace of gradients (`optax.trace`, as SGD with
momentum does). One without cannot give it to them, nor one whose trace is of
steps, with the learning rate in them and the other sign (RMSProp, LARS).
"""

import jax
import jax.numpy as jnp
import optax

from jaxsparse.core import paths
from jaxsparse.core.align import aligned
from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Counts, Masks, Params, PyTree
from jaxsparse.optim.owners import NO_OWNER, owners


def reset_statistics(
  tx: optax.GradientTransformation,
  opt_state: PyTree,
  params: Params,
  old: Masks,
  new: Masks,
) -> PyTree:
  """Resets the statistics of weights that are not in both `old` and `new`.

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts.
    opt_state: its state.
    params: the stored parameters after the change; some optimisers start a
      statistic from them (schedule_free, prodigy, dog).
    old: masks of the trained weights before the change.
    new: masks of the trained weights after it.

  Returns:
    The state with every per-weight statistic outside (old and new) as
    `tx.init(params)` gives it. Statistics of weights in both masks, of exempt
    leaves and of whole leaves or rows, and all counters, bit for bit as
    they were.
  """
  still_trained = map_masks(
    lambda _, o, n: o & n, params, old, new, exempt=lambda *_: True
  )
  unchanged = jax.tree.leaves(still_trained)

  def reset(owner, statistic, initial):
    if owner == NO_OWNER or jnp.shape(unchanged[owner]) != jnp.shape(statistic):
      return statistic
    return jnp.where(unchanged[owner], statistic, initial)

  initial = aligned(opt_state, tx.init(params))
  return jax.tree.map(
    reset,
    owners(tx, opt_state, params),
    opt_state,
    jax.tree.unflatten(jax.tree.structure(opt_state), initial),
  )


def start_momenta(
  tx: optax.GradientTransformation,
  opt_state: PyTree,
  params: Params,
  old: Masks,
  new: Masks,
  momenta: PyTree,
) -> PyTree:
  """Sets the momentum of grown weights, those in `new` alone.

  Args:
    tx: an optimiser that `check_momentum` accepts.
    opt_state: its state, after `reset_statistics`.
    params: the stored parameters.
    old: masks of the trained weights before the change.
    new: masks of the trained weights after it.
    momenta: shaped like `params`; read where weights were grown.

  Returns:
    The new `opt_state`.
  """
  grown = jax.tree.leaves(
    map_masks(lambda _, o, n: n & ~o, params, old, new, exempt=lambda *_: False)
  )
  values = aligned(params, momenta)

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


def check_momentum(
  tx: optax.GradientTransformation,
  params: Params,
  masks: Masks | Counts | None = None,
) -> None:
  """Checks, by test gradients, that an optimiser keeps a trace of gradients.

  Args:
    tx: an optimiser; none of its numbers is traced.
    params: the parameters; leaves may be `ShapeDtypeStruct`.
    masks: `None` for leaves without a mask, of which no trace is needed; the
      values of others are not read. Default: all leaves have one.

  Raises:
    ValueError: of a leaf it keeps no trace, or one of something else.
  """
  with jax.ensure_compile_time_eval():
    point = jax.tree.map(lambda p: jnp.zeros((1,) * len(p.shape)), params)
    # Too small for any clipping.
    grads = jax.tree.map(lambda p: jnp.full_like(p, 1e-4), point)
    _, state = tx.update(grads, tx.init(point), point)
    parts = zip(
      jax.tree.leaves(owners(tx, state, point), is_leaf=_is_trace),
      jax.tree.leaves(state, is_leaf=_is_trace),
      strict=True,
    )
    traced: dict[int, bool] = {}
    for owner, part in parts:
      if _is_trace(part):
        for i, x in zip(*map(jax.tree.leaves, (owner, part)), strict=True):
          of_grads = bool(jnp.allclose(x, 1e-4, rtol=1e-2))
          traced[i] = traced.get(i, True) and of_grads
  masked = paths.flatten(params if masks is None else masks)
  for i, path in enumerate(paths.flatten(params)):
    if path in masked and not traced.get(i):
      where = f' at {path!r}' if any(traced.values()) else ''
      raise ValueError(
        'the method gives grown weights a momentum, and the optimiser keeps'
        f' none of gradients{where}; accepted is one with optax.trace of them'
        ' (sgd with momentum)'
      )


def _is_trace(part):
  return isinstance(part, optax.TraceState)
