"""Shapes of the learning rate over a run, by name: `config.optimizer.schedule`.

A schedule is a function `(num_steps, ...) -> (step -> factor)`: the learning
rate over its base value, at steps from 0. It may take the config's `boundaries`
and `scales`. A dotted path to one of the user's own is accepted wherever a name
is; `functools.partial(optax.linear_schedule, 1.0, 0.0)` is one.
"""

import jax.numpy as jnp
import numpy as np

from jaxsparse.optim.learning_rate import Shape, share


def constant(num_steps: int) -> Shape:
  """Returns 1 at every step."""
  del num_steps
  return lambda step: jnp.ones_like(step, jnp.float32)


def cosine(num_steps: int) -> Shape:
  """Returns (1 + cos(pi t / num_steps)) / 2 at step t."""
  return lambda step: (
    0.5 * (1 + jnp.cos(jnp.pi * jnp.float32(step) / num_steps))
  )


def piecewise(
  num_steps: int,
  *,
  boundaries: tuple[float, ...],
  scales: tuple[float, ...],
) -> Shape:
  """Returns the last of `scales` whose boundary is reached; 1 before.

  Args:
    num_steps: of the run.
    boundaries: fractions of the run, ascending.
    scales: a factor for each.
  """
  steps = np.array([share(b, num_steps) for b in boundaries], np.int32)
  factors = np.array([1.0, *scales], np.float32)
  return lambda step: jnp.asarray(factors)[jnp.sum(step >= steps)]
