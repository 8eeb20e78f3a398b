"""Growth where the score is lowest: a control for growing by gradient."""

import jax
import jax.numpy as jnp

from jaxsparse.core.types import MaskUpdater
from jaxsparse.updaters.growth import drop_and_grow


def inverted(updater: MaskUpdater) -> MaskUpdater:
  """Returns a drop-and-grow method that grows the weights of lowest score.

  For RigL, those of smallest |dL/d(w m)|: Evci et al. 2022, "Gradient Flow in
  Sparse Neural Networks and How Lottery Tickets Win", compare with it.

  Args:
    updater: a method that grows by a gradient: `rigl`, `snfs`, `rigl_sg`,
      `rigl_sm`.

  Raises:
    ValueError: it is another kind of method, or grows at random.
  """
  rule = drop_and_grow.rule_of(updater, 'inverted is True')
  if rule.signal is None:
    raise ValueError(
      'inverted is True, of a method that grows by no gradient; accepted with'
      ' it is False'
    )

  def grow(params, grads, *, key):
    return jax.tree.map(jnp.negative, rule.grow(params, grads, key=key))

  return drop_and_grow.changed(updater, grow=grow)
