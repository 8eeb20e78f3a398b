"""The drop fraction of a mask step."""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import schedules
from jaxsparse.core.types import Scalar, Times
from jaxsparse.updaters import _checks


def schedule(
  drop_fraction: Scalar,
  drop_schedule: str | schedules.Decay,
  start_step: int,
  stop_step: int,
) -> tuple[Callable[[int | Array], Array], Times]:
  """Returns f(t), a float32 scalar, and the mask steps that it is tied to.

  Args:
    drop_fraction: f at `start_step`.
    drop_schedule: a decay of `core.schedules`, by name or itself.
    start_step: the first mask step.
    stop_step: where the decay ends.

  Raises:
    ValueError: an argument is out of range, or no decay has that name.
    TypeError: a step is no integer of the host.
  """
  _checks.check_fraction('drop_fraction', drop_fraction)
  _checks.check_steps(start_step, stop_step)
  decay = schedules.decay(drop_schedule)

  def fraction(step: int | Array) -> Array:
    progress = schedules.progress(step, start_step, stop_step)
    return jnp.float32(drop_fraction) * decay(progress)

  return fraction, schedules.times_of(decay, start_step, stop_step)
