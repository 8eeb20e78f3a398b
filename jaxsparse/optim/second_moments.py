"""Second moments in an optimiser's state, identified by test gradients.

From `tx.init`, with gradients g and 2 g, a second moment moves by c g^2 where
1 - c is about the b of a bias correction, 1 - b^n. One in other units (prodigy)
is ignored, and so is one whose bias is not corrected.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.extend import core as jex_core

from jaxsparse.core.align import aligned
from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Masks, Params, PyTree
from jaxsparse.optim import corrections, step_counts
from jaxsparse.optim.owners import NO_OWNER, owners

# Too small for any clipping.
_GRADIENTS = (1e-4, 2e-4)
# To wait for a state to move; longer accumulations are ignored.
_MOST_STEPS = 4096


class SecondMoment(NamedTuple):
  """A second moment whose bias the optimiser corrects.

  Attributes:
    leaf: the parameter, an index in the leaves of all.
    statistic: the moment, an index in the leaves of the optimiser's state.
    counter: the step count by which it is corrected, likewise.
    decay: b, of the correction 1 - b^n.
  """

  leaf: int
  statistic: int
  counter: int
  decay: float


def second_moments(
  tx: optax.GradientTransformation, params: Params
) -> list[SecondMoment]:
  """Returns the second moments whose bias an optimiser corrects.

  Args:
    tx: the optimiser. Its traced numbers are replaced by arbitrary values.
    params: the parameters; leaves may be `ShapeDtypeStruct`.
  """
  # In float16 a small gradient's square would be 0.
  point = jax.tree.map(
    lambda p: np.zeros(
      (1,) * len(p.shape), jnp.promote_types(p.dtype, jnp.float32)
    ),
    params,
  )
  with jax.ensure_compile_time_eval():
    init = _known(tx.init, point)(point)
    _, bias_corrections = corrections.evaluate(tx, point, init, point)
    decays = {
      (leaf, count, step_counts.decay(scalar))
      for leaf, count, scalar in bias_corrections
      if not scalar.factor
    }
    if not decays:
      return []
    counts = sorted({count for _, count, _ in decays})
    states = _first_moves(tx, point, init, counts)
  of_leaves = jax.tree.leaves(owners(tx, init, point))
  tried = zip(
    of_leaves, jax.tree.leaves(init), jax.tree.leaves(states), strict=True
  )
  squared = [
    (owner, i, rate)
    for i, (owner, initial, moved) in enumerate(tried)
    if owner != NO_OWNER and (rate := _rate(initial, moved)) is not None
  ]
  return [
    SecondMoment(leaf, i, count, decay)
    for leaf, i, rate in squared
    for _, count, decay in _nearest(decays, leaf, rate)
  ]


def start_second_moments(
  tx: optax.GradientTransformation,
  opt_state: PyTree,
  params: Params,
  grads: PyTree,
  old: Masks,
  new: Masks,
  regrown: str,
) -> PyTree:
  """Sets the second moments of grown weights, those in `new` alone.

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts. Traced numbers
      in it do not enter its moments.
    opt_state: its state, after `reset.reset_statistics`.
    params: the stored parameters.
    grads: the dense gradient, shaped like `params`; `seed` reads it where
      weights were grown.
    old: masks of the trained weights before the change.
    new: masks of the trained weights after it.
    regrown: one of `regrown.REGROWN`; `age` and `zero` change nothing.

  Returns:
    The new `opt_state`.
  """
  if regrown not in ('seed', 'layer'):
    return opt_state
  initial: Any = jax.tree.structure(jax.eval_shape(tx.init, params))
  numbered = jax.tree.unflatten(initial, range(initial.num_leaves))
  places = aligned(opt_state, numbered)
  leaves, structure = jax.tree.flatten(opt_state)
  gradients = aligned(params, grads)

  def select(fn):
    masks = map_masks(fn, params, old, new, exempt=lambda *_: False)
    return jax.tree.leaves(masks)

  grown, stays = select(lambda _, o, n: n & ~o), select(lambda _, o, n: n & o)
  for leaf, *of_state, decay in second_moments(tx, params):
    at, counter = map(places.index, of_state)
    moment = leaves[at]
    if jnp.shape(moment) != jnp.shape(grown[leaf]):
      continue
    if regrown == 'seed':
      # Half precision has no room for the square of a small gradient.
      magnitude = jnp.abs(gradients[leaf]) * jnp.float32(1)
      corrected = 1 - decay ** leaves[counter].astype(jnp.float32)
      start = corrected * jnp.square(magnitude)
    else:
      # Of no weight the mean is NaN.
      start = jnp.nan_to_num(jnp.mean(moment, where=stays[leaf]))
    start = start.astype(moment.dtype)
    leaves[at] = jnp.where(grown[leaf], start, moment)
  return jax.tree.unflatten(structure, leaves)


def _rate(initial: Any, moved: Any) -> float | None:
  """Returns the c of a statistic that moved by c g^2; None for any other."""
  initial = np.asarray(initial, np.float64)
  once, twice = (
    abs(np.ravel(m - initial)) for m in np.asarray(moved, np.float64)
  )
  square = _GRADIENTS[0] ** 2
  if once.size != 1 or not 3.8 < twice[0] / max(once[0], 1e-30) < 4.2:
    return None
  return (twice[0] - once[0]) / (3 * square)


def _nearest(decays, leaf, rate):
  """Returns a list of the leaf's correction with 1 - b near `rate`, or []."""
  near = [
    (abs(np.log(rate / (1 - entry[2]))), entry)
    for entry in decays
    if entry[0] == leaf
  ]
  return [entry for off, entry in sorted(near)[:1] if off < np.log(2)]


def _first_moves(
  tx: optax.GradientTransformation,
  point: Params,
  init: PyTree,
  counts: list[int],
) -> PyTree:
  """Returns the states for each of `_GRADIENTS` once all counts have moved."""

  def gradients(g):
    return jax.tree.map(lambda p: jnp.full_like(p, g), point)

  update = _known(tx.update, gradients(1.0), init, point)

  def moved(g):
    def waits(carry):
      step, state = carry
      after = jax.tree.leaves(state)
      still = jnp.array([after[c] for c in counts]) == jnp.array(
        [jax.tree.leaves(init)[c] for c in counts]
      )
      return jnp.any(still) & (step < _MOST_STEPS)

    def body(carry):
      step, state = carry
      return step + 1, update(gradients(g), state, point)[1]

    return jax.lax.while_loop(waits, body, (0, init))[1]

  return jax.jit(jax.vmap(moved))(jnp.array(_GRADIENTS))


def _known(function, *args):
  """Replaces the traced numbers in `function` by arbitrary values."""
  jaxpr, shapes = jax.make_jaxpr(function, return_shape=True)(*args)
  consts = [step_counts.known(const) for const in jaxpr.consts]
  closed = jex_core.ClosedJaxpr(jaxpr.jaxpr, consts)

  def known(*args):
    results = jex_core.jaxpr_as_fun(closed)(*jax.tree.leaves(args))
    return jax.tree.unflatten(jax.tree.structure(shapes), results)

  return known
