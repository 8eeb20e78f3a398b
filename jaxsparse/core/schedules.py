"""The steps at which masks change, and decays of drop fraction and sparsity.

Steps count batches from 0. A mask step is t with start_step <= t < stop_step
and (t - start_step) mod update_interval = 0; t = start_step is one. Decays
run over progress = (t - start_step) / (stop_step - start_step) in [0, 1].
"""

import numbers
from collections.abc import Callable
from typing import Any, overload

import jax.numpy as jnp
from jax import Array, core

from jaxsparse.core import choices
from jaxsparse.core.types import MaskSteps, Scalar, Times

Decay = Callable[[Array], Array]

MAX_INTERVALS = 2**16 - 1


@overload
def is_mask_step(
  step: int, *, update_interval: int, start_step: int, stop_step: int
) -> bool: ...


@overload
def is_mask_step(
  step: Array, *, update_interval: int, start_step: int, stop_step: int
) -> Array: ...


def is_mask_step(
  step: int | Array, *, update_interval: int, start_step: int, stop_step: int
) -> bool | Array:
  """Returns whether masks change at `step` (a host integer, or traced)."""
  return (
    (step >= start_step)
    & (step < stop_step)
    & ((step - start_step) % update_interval == 0)
  )


def last_mask_step(
  *, update_interval: int, start_step: int, stop_step: int
) -> int:
  """Returns the last mask step; `start_step` if there is but one."""
  intervals = (stop_step - 1 - start_step) // update_interval
  return start_step + max(intervals, 0) * update_interval


def mask_window(
  mask_steps: MaskSteps, start_step: int, stop_step: int
) -> tuple[int, int]:
  """Returns the `(start_step, stop_step)` of a method's mask steps.

  Args:
    mask_steps: those that the method takes, see `types.Facts`.
    start_step: the first mask step of the run.
    stop_step: mask steps end before it.

  Raises:
    ValueError: `mask_steps` is not one of its values.
  """
  match mask_steps:
    case 'all':
      return start_step, stop_step
    case 'first':
      return start_step, min(start_step + 1, stop_step)
    case 'none':
      return start_step, start_step
  raise ValueError(
    f'mask_steps is {mask_steps!r}; accepted are all, first and none'
  )


def host_step(name: str, value: Any, least: int = 0) -> int:
  """Checks a step, or an interval of steps, and returns it as an int.

  Args:
    name: of the argument, for the message.
    value: an integer of Python or NumPy; an array or a bool is none.
    least: the smallest that is accepted.

  Raises:
    TypeError: `value` is no integer of the host.
    ValueError: it is below `least`.
  """
  accepted = f'accepted is an integer of the host, {least} or more'
  if isinstance(value, bool) or not isinstance(value, numbers.Integral):
    raise TypeError(f'{name} is {value!r}; {accepted}')
  if value < least:
    raise ValueError(f'{name} is {value}; {accepted}')
  return int(value)


def check_window(
  mask_steps: MaskSteps, start_step: int, stop_step: int
) -> None:
  """Raises `ValueError` where a method would never change a mask.

  Args:
    mask_steps: the mask steps that the method takes; without any, it may have
      an empty window.
    start_step: the first mask step of the run.
    stop_step: mask steps end before it.

  Raises:
    ValueError: the method takes mask steps and there is none.
  """
  if mask_steps != 'none' and start_step >= stop_step:
    raise ValueError(
      f'no mask step lies between start_step {start_step} and stop_step'
      f' {stop_step}, so the masks would never change; accepted is a start_step'
      ' below stop_step'
    )


def check_times(made_for: Times, given: Times) -> None:
  """Checks that the mask steps of a loop are those a method was built with.

  Args:
    made_for: of the method, see `types.Facts`.
    given: of the loop that calls it.

  Raises:
    ValueError: they differ.
  """
  for name, expected, actual in zip(
    Times._fields, made_for, given, strict=True
  ):
    unknown = any(
      x is None or isinstance(x, core.Tracer) for x in (expected, actual)
    )
    if not unknown and expected != actual:
      raise ValueError(
        f'{name} is {actual}, and the updater was made with {expected};'
        ' accepted is the same for both'
      )


def progress(step: Scalar, start_step: Scalar, stop_step: Scalar) -> Array:
  """Returns (t - start_step) / (stop_step - start_step), clipped to [0, 1].

  Float32; 1 where stop_step <= start_step and step >= start_step.
  """
  done = jnp.asarray(step - start_step, jnp.float32)
  span = jnp.asarray(stop_step - start_step, jnp.float32)
  ratio = done / jnp.maximum(span, 1.0)
  over = jnp.where(done >= 0, 1.0, 0.0)
  return jnp.clip(jnp.where(span > 0, ratio, over), 0.0, 1.0)


def cosine(progress: Array) -> Array:
  """Returns (1 + cos(pi p)) / 2: 1 at 0, 0 at 1 (Evci et al. 2020, eq. 1)."""
  # As a sine, which in float32 is exact half-way too: a hair below 1/2 would
  # cost a weight in floor(f n).
  return 0.5 * (1.0 - jnp.sin(jnp.pi * (progress - 0.5)))


def constant(progress: Array) -> Array:
  """Returns 1 at every progress."""
  return jnp.ones_like(progress)


def linear(progress: Array) -> Array:
  """Returns 1 - p (inverse power with k = 1)."""
  return 1.0 - progress


def inverse_power(progress: Array) -> Array:
  """Returns (1 - p)^3, inverse power with k = 3 (Evci et al. 2020, app. G)."""
  return (1.0 - progress) ** 3


DECAYS: dict[str, Decay] = {
  f.__name__: f for f in (cosine, constant, linear, inverse_power)
}


def decay(spec: str | Decay) -> Decay:
  """Returns the decay named `spec`, or `spec` itself if it is a function.

  Raises:
    ValueError: no decay of that name.
  """
  if callable(spec):
    return spec
  choices.check(f'drop_schedule is {spec!r}', spec, DECAYS)
  return DECAYS[spec]


def times_of(
  decay: Decay, start_step: int | Array, stop_step: int | Array
) -> Times:
  """Returns the mask steps that `decay` is tied to; none for `constant`."""
  if decay is constant:
    return Times()
  return Times(start_step, stop_step)


def cubic_zeros(zeros: int | Array, done: int | Array, intervals: int) -> Array:
  """Returns floor(zeros (1 - (1 - done / intervals)^3)), exact; int32 scalar.

  The cubic ramp of Zhu and Gupta 2017, eq. 1. Float32 would be off by some
  weights in 25M, and at times by one in 100. The product passes 64 bits, so
  zeros (remaining / intervals)^3 is held as an integer and digits in base
  `intervals`, and multiplied by remaining / intervals three times over.

  Args:
    zeros: zeros at the end of the ramp, in [0, 2^31); may be traced.
    done: intervals since its start, clipped to [0, intervals]; may be traced.
    intervals: its length, in [0, `MAX_INTERVALS`]; at 0 it is at its end.
  """
  remaining = intervals - jnp.clip(jnp.asarray(done, jnp.int32), 0, intervals)
  base = jnp.uint32(max(intervals, 1))
  digits = [jnp.asarray(zeros, jnp.uint32)]
  for _ in range(3):
    digits = _times(digits, remaining.astype(jnp.uint32), base)
  integer, *fraction = digits
  to_come = jnp.where(sum(fraction) > 0, integer + 1, integer)
  return jnp.asarray(zeros, jnp.int32) - to_come.astype(jnp.int32)


def _times(digits: list[Array], factor: Array, base: Array) -> list[Array]:
  """Multiplies `digits`, an integer and digits in `base`, by factor / base."""
  out = [jnp.uint32(0)] * (len(digits) + 1)
  for place, digit in enumerate(digits):
    rest = digit % base * factor
    out[place] += digit // base * factor + rest // base
    out[place + 1] += rest % base
  for place in range(len(digits), 0, -1):
    out[place - 1] += out[place] // base
    out[place] %= base
  return out
