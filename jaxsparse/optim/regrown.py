"""Initial moments of regrown weights.

They start again at 0, and an optimiser that corrects their bias does so by the
steps of the run: the second moment of a young weight is too small, its steps
are too long (`own_age` has by how much). One of four:

- `age`: bias is corrected by the age of the weight;
- `seed`: the second moment starts at the square of the dense gradient of the
  mask step, whose magnitude is RigL's growth score;
- `layer`: it starts at the mean over the leaf's active weights that stay;
- `zero`: nothing is done, as in the papers' code.

With `seed` and `layer` the first moment starts at 0 and is not corrected, so
first steps are short. They act on a second moment whose bias is corrected, in
units of the squared gradient; without (sgd, rmsprop, adamax) they do nothing.
That statistic is identified by test gradients. The gradient is that of the
loss, before the optimiser clips it.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from jaxsparse.core import choices
from jaxsparse.core.align import aligned
from jaxsparse.core.masks import map_masks
from jaxsparse.core.types import Masks, Params, PyTree
from jaxsparse.optim.own_age import by_own_age
from jaxsparse.optim.second_moments import second_moments

REGROWN = ('age', 'seed', 'layer', 'zero')


def with_regrown(
  tx: optax.GradientTransformation, regrown: str
) -> optax.GradientTransformation:
  """Returns `tx`; with `age`, with bias corrections by each weight's age.

  Raises:
    ValueError: `regrown` is not in `REGROWN`.
  """
  choices.check(f'regrown is {regrown!r}', regrown, REGROWN)
  return by_own_age(tx) if regrown == 'age' else tx


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
    regrown: one of `REGROWN`; `age` and `zero` change nothing.

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
