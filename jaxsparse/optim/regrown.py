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
  """`tx`, for `age` with a count of each weight; else as it is.

  Raises:
    ValueError: `regrown` is none of `REGROWN`.
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
