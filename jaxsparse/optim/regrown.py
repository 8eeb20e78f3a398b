"""What becomes of the moments of a weight that is regrown.

They start again at 0, and an optimiser that corrects their bias does so by the
steps of the run: the second moment of a young weight is too small, its steps
are too long (`own_age` has by how much). One of four:

- `age`: bias is corrected by the weight's own age;
- `seed`: the second moment starts at the square of the dense gradient of the
  mask step, which RigL grows by;
- `layer`: it starts at the mean over the leaf's active weights that stay;
- `zero`: as the codes of the papers have it, nothing is done.

With `seed` and `layer` the first moment starts at 0 and is not corrected, so
first steps are short. They act on a second moment whose bias is corrected, in
units of the squared gradient; without (sgd, rmsprop, adamax) they do nothing.
Which statistic that is is found by trying. The gradient is that of the loss,
before the optimiser clips it.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.extend import core as jex_core

from jaxsparse.core import choices
from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Masks, Params, PyTree
from jaxsparse.optim import own_age, reset, step_counts

REGROWN = ('age', 'seed', 'layer', 'zero')

# Too small for any clipping.
_GRADIENTS = (1e-4, 2e-4)
# Before it moves; an accumulation over more is taken for none.
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


def with_regrown(
  tx: optax.GradientTransformation, regrown: str
) -> optax.GradientTransformation:
  """`tx`, for `age` with a count of each weight; else as it is.

  Raises:
    ValueError: `regrown` is none of `REGROWN`.
  """
  choices.check(f'regrown is {regrown!r}', regrown, REGROWN)
  return own_age.by_own_age(tx) if regrown == 'age' else tx


def start_second_moments(
  tx: optax.GradientTransformation,
  opt_state: PyTree,
  params: Params,
  grads: PyTree,
  old: Masks,
  new: Masks,
  regrown: str,
) -> PyTree:
  """`opt_state` with second moments of grown weights, those in `new` alone.

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts. Traced numbers
      in it do not enter its moments.
    opt_state: its state, after `reset.reset_statistics`.
    params: the stored parameters.
    grads: the dense gradient, shaped like `params`; `seed` reads it where
      weights were grown.
    old: masks of what the optimiser moved before the change.
    new: masks of what it moves from now on.
    regrown: one of `REGROWN`; `age` and `zero` change nothing.
  """
  if regrown not in ('seed', 'layer'):
    return opt_state
  leaves, structure = jax.tree.flatten(opt_state)
  never = lambda p, *_: jnp.zeros(jnp.shape(p), bool)  # noqa: E731
  masks = [
    jax.tree.leaves(map_masks(fn, params, old, new, exempt=never))
    for fn in (lambda _, o, n: n & ~o, lambda _, o, n: n & o)
  ]
  for leaf, statistic, count, decay in second_moments(tx, params):
    grown, stays = masks[0][leaf], masks[1][leaf]
    moment = leaves[statistic]
    if regrown == 'seed':
      square = jnp.square(jnp.abs(jax.tree.leaves(grads)[leaf]))
      start = square * (1 - decay ** leaves[count].astype(jnp.float32))
    else:
      start = jnp.mean(moment, where=stays)
      start = jnp.where(jnp.any(stays), start, 0)
    leaves[statistic] = jnp.where(grown, start.astype(moment.dtype), moment)
  return jax.tree.unflatten(structure, leaves)


def second_moments(
  tx: optax.GradientTransformation, params: Params
) -> list[SecondMoment]:
  """The second moments whose bias an optimiser corrects; found by trying.

  From `tx.init` with gradients g it is tried which statistic is proportional
  to g^2, by the 1 - b of a correction.

  Args:
    tx: the optimiser. Numbers in it that are traced are any.
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
    _, corrections = own_age.evaluate(tx, point, init, point)
    decays = {
      (leaf, count, step_counts.decay(scalar))
      for leaf, count, scalar in corrections
      if not scalar.factor
    }
    if not decays:
      return []
    counts = sorted({count for _, count, _ in decays})
    states = _first_moves(tx, point, init, counts)
  owners = jax.tree.leaves(reset.owners(tx, init, point))
  tried = zip(
    owners, jax.tree.leaves(init), jax.tree.leaves(states), strict=True
  )
  squared = [
    (owner, i, rate)
    for i, (owner, initial, moved) in enumerate(tried)
    if owner != reset.NO_OWNER and (rate := _rate(initial, moved)) is not None
  ]
  return [
    SecondMoment(leaf, i, count, decay)
    for leaf, i, rate in squared
    for _, count, decay in _nearest(decays, leaf, rate)
  ]


def _rate(initial, moved):
  """C of a statistic that moved by c g^2; None of one that did otherwise."""
  initial = np.asarray(initial, np.float64)
  once, twice = (
    abs(np.ravel(m - initial)) for m in np.asarray(moved, np.float64)
  )
  square = _GRADIENTS[0] ** 2
  if once.size != 1 or not 3.8 < twice[0] / max(once[0], 1e-30) < 4.2:
    return None
  return (twice[0] - once[0]) / (3 * square)


def _nearest(decays, leaf, rate):
  """The correction of a leaf by about 1 - b = rate, if there is one."""
  near = [
    (abs(np.log(rate / (1 - entry[2]))), entry)
    for entry in decays
    if entry[0] == leaf
  ]
  return [entry for off, entry in sorted(near)[:1] if off < np.log(2)]


def _first_moves(tx, point, init, counts):
  """The states, for each of `_GRADIENTS`, once all counts have moved."""

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
  """`function`, with any numbers for those in it that are traced."""
  jaxpr, shapes = jax.make_jaxpr(function, return_shape=True)(*args)
  consts = [step_counts.known(const) for const in jaxpr.consts]
  closed = jex_core.ClosedJaxpr(jaxpr.jaxpr, consts)

  def known(*args):
    results = jex_core.jaxpr_as_fun(closed)(*jax.tree.leaves(args))
    return jax.tree.unflatten(jax.tree.structure(shapes), results)

  return known
