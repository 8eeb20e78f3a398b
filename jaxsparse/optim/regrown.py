"""Initial moments of regrown weights.

A moment that starts at 0 is too small at first, by 1 - b^n after n steps, and
an optimiser divides by that. Its n counts the steps of the run, so a weight
that was regrown, whose moments start again at 0, is left uncorrected: at age
k its step is (1 - b1^k) / sqrt(1 - b2^k) times what it should be, with Adam's
b1 = 0.9 and b2 = 0.999 3.2 times as long at first and 6.6 times at age 12.
One of four is done about it:

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

`by_own_age` has a count for each weight. It starts at 0, so a mask change
resets it as any statistic of a weight. Bias corrections are found in the
optimiser's jaxpr: a variable of a parameter's shape is divided, element by
element, by a scalar 1 - b^n of a step count. There, and nowhere else, the count
is replaced by the age; no optimiser is recognised by name. A learning rate, a
rectification (radam) and special first steps (acprop, adan) depend on the count
as before.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from jaxsparse.core import choices
from jaxsparse.core.align import aligned, map_aligned
from jaxsparse.core.types import Params, PyTree
from jaxsparse.optim.corrections import evaluate

REGROWN = ('age', 'seed', 'layer', 'zero')


class OwnAgeState(NamedTuple):
  """The state of `by_own_age`.

  Attributes:
    opt_state: the state of the optimiser.
    ages: for each weight, the number of updates of its moments; int32, shaped
      like the parameters. 0 where the optimiser corrects no bias.
  """

  opt_state: PyTree
  ages: PyTree


def by_own_age(
  tx: optax.GradientTransformation,
) -> optax.GradientTransformation:
  """Returns `tx` with bias corrections by the age of each weight.

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts. One that
      corrects no bias (sgd) does as before.

  Returns:
    A transformation with an `OwnAgeState`. A weight as old as the step count
    gets the update of `tx`.
  """

  def init(params: Params) -> OwnAgeState:
    ages = jax.tree.map(lambda p: jnp.zeros_like(p, jnp.int32), params)
    return OwnAgeState(tx.init(params), ages)

  def update(
    grads: PyTree, state: OwnAgeState, params: Params | None = None
  ) -> tuple[PyTree, OwnAgeState]:
    opt_state, ages = state
    (updates, new), corrections = evaluate(
      tx, grads, opt_state, params, aligned(grads, ages)
    )
    before, after = jax.tree.leaves(opt_state), jax.tree.leaves(new)
    flat_grads, structure = jax.tree.flatten(grads)
    steps = [jnp.int32(0)] * len(flat_grads)
    for leaf, count, _ in corrections:
      counted = (after[count] - before[count]).astype(jnp.int32)
      steps[leaf] = jnp.maximum(steps[leaf], counted)
    steps = jax.tree.unflatten(structure, steps)
    return updates, OwnAgeState(new, map_aligned(jnp.add, ages, steps))

  return optax.GradientTransformation(init, update)


def with_regrown(
  tx: optax.GradientTransformation, regrown: str
) -> optax.GradientTransformation:
  """Returns `tx`; with `age`, with bias corrections by each weight's age.

  Raises:
    ValueError: `regrown` is not in `REGROWN`.
  """
  choices.check(f'regrown is {regrown!r}', regrown, REGROWN)
  return by_own_age(tx) if regrown == 'age' else tx
