"""Grown weights that start with a momentum along their gradient."""

import jax
import jax.numpy as jnp

from jaxsparse.core.types import MaskUpdater, Scalar
from jaxsparse.updaters import _checks
from jaxsparse.updaters.growth import drop_and_grow


def with_momentum(updater: MaskUpdater, grow_momentum: Scalar) -> MaskUpdater:
  """Returns a drop-and-grow method whose grown weights have a momentum.

  The optimiser's momentum of a grown weight starts at `grow_momentum` dL/d(w m)
  on the batch of the mask step, in place of 0. A gradient g that stays as it is
  builds up a momentum of g / (1 - momentum). Source: `rigl_acc_scale` of the
  authors' code of RigL. An optimiser without a momentum of gradients is
  refused.

  Args:
    updater: a drop-and-grow method: `rigl`, `set`, `snfs`, `rigl_sg`,
      `rigl_sm`.
    grow_momentum: at least 0; may be traced.

  Raises:
    ValueError: it is below 0 or not finite, or it is another kind of method.
  """
  _checks.check_not_negative('grow_momentum', grow_momentum)
  drop_and_grow.rule_of(updater, f'grow_momentum is {grow_momentum}')

  def momenta(grads, state):
    return jax.tree.map(
      lambda g: jnp.asarray(grow_momentum, g.dtype) * g, grads
    )

  facts = drop_and_grow.reading_gradients(updater.facts)
  return updater._replace(momenta=momenta, facts=facts)
