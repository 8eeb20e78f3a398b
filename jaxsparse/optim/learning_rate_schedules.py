"""Shapes of the learning rate over a run, by name: `config.optimizer.schedule`.

A schedule is a function `(num_steps, ...) -> (step -> factor)`: the learning
rate over its base value, at steps from 0. It may take the config's `boundaries`
and `scales`; other arguments are 'NAME=VALUE' in `schedule_arguments`. A dotted
path to one of the user's own, or the name of one of Optax, is accepted as well;
an Optax schedule's values are multiples of the base value too: 1 where the
config leaves them out, and its length is then that of the run.
"""

import jax.numpy as jnp
import numpy as np
import optax

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


def linear(num_steps: int, *, end: float = 0.0) -> Shape:
  """Returns the line from 1 to `end` over the run."""
  return optax.linear_schedule(1.0, end, num_steps)


def exponential(num_steps: int, *, end: float = 0.01) -> Shape:
  """Returns end^(t / num_steps) at step t."""
  return optax.exponential_decay(1.0, num_steps, end)


def one_cycle(num_steps: int, *, peak: float = 0.3) -> Shape:
  """Returns the cosines from 1/25 to 1, at the fraction `peak`, and to 4e-6.

  From L. N. Smith & N. Topin, "Super-convergence", 2018.
  """
  return optax.cosine_onecycle_schedule(num_steps, 1.0, peak)
