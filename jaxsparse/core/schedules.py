"""When masks change, and how drop fractions and sparsities move.

Steps count batches from 0. A mask step is t with start_step <= t < stop_step
and (t - start_step) mod update_interval = 0; t = start_step is one. Decays
run over progress = (t - start_step) / (stop_step - start_step) in [0, 1].
"""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import paths
from jaxsparse.core.types import Scalar

Decay = Callable[[Array], Array]


def is_mask_step(
  step: int, *, update_interval: int, start_step: int, stop_step: int
) -> bool:
  """Whether masks change at `step` (host integers or traced)."""
  return (
    (step >= start_step)
    & (step < stop_step)
    & ((step - start_step) % update_interval == 0)
  )


def last_mask_step(
  *, update_interval: int, start_step: int, stop_step: int
) -> int:
  """The last mask step; `start_step` if there is but one."""
  intervals = (stop_step - 1 - start_step) // update_interval
  return start_step + max(intervals, 0) * update_interval


def progress(step: Scalar, start_step: Scalar, stop_step: Scalar) -> Array:
  """(step - start_step) / (stop_step - start_step), clipped to [0, 1].

  Float32; 1 where stop_step <= start_step and step >= start_step.
  """
  done = jnp.asarray(step - start_step, jnp.float32)
  span = jnp.asarray(stop_step - start_step, jnp.float32)
  ratio = done / jnp.maximum(span, 1.0)
  return jnp.clip(jnp.where(span > 0, ratio, (done >= 0) * 1.0), 0.0, 1.0)


def cosine(progress: Array) -> Array:
  """(1 + cos(pi p)) / 2: 1 at 0, 0 at 1 (Evci et al. 2020, eq. 1)."""
  return 0.5 * (1.0 + jnp.cos(jnp.pi * progress))


def constant(progress: Array) -> Array:
  """1 throughout."""
  return jnp.ones_like(progress)


def linear(progress: Array) -> Array:
  """1 - p (inverse power with k = 1)."""
  return 1.0 - progress


def inverse_power(progress: Array) -> Array:
  """(1 - p)^3: inverse power with k = 3 (Evci et al. 2020, appendix G)."""
  return (1.0 - progress) ** 3


DECAYS: dict[str, Decay] = {
  f.__name__: f for f in (cosine, constant, linear, inverse_power)
}


def decay(spec: str | Decay) -> Decay:
  """The decay named `spec`, or `spec` itself if it is a function.

  Raises:
    ValueError: no decay of that name.
  """
  if callable(spec):
    return spec
  if spec not in DECAYS:
    raise ValueError(
      f'drop_schedule {spec!r} is not one of {", ".join(DECAYS)}.'
      f'{paths.nearest(spec, DECAYS)}'
    )
  return DECAYS[spec]


def cubic_ramp(progress: Array) -> Array:
  """1 - (1 - p)^3: 0 at 0, exactly 1 at 1 (Zhu and Gupta 2017, eq. 1)."""
  return 1.0 - (1.0 - progress) ** 3
