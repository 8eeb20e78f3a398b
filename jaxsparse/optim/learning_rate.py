"""The learning rate of a run as a function of the step."""

import math
from collections.abc import Callable
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np

SCHEDULES = ('constant', 'cosine', 'piecewise')

# Of fractions that differ and have no larger denominators, no two are within
# 1e-14: far more than floats are off.
_FINEST = 10**7
# A number of a run is a float32, as the learning rate.
LARGEST = 2.0**127

Shape = Callable[[jax.Array], jax.Array]


def share(fraction: float, whole: int) -> int:
  """Returns floor(fraction x whole), with the fraction read exactly.

  0.29 of 100 is 29, and 30 / 97 of 97 is 30, though neither is a float.
  """
  exact = Fraction(fraction).limit_denominator(_FINEST)
  return math.floor(exact * whole)


def shape(
  num_steps: int,
  schedule: str,
  *,
  warmup_steps: int = 0,
  boundaries: tuple[float, ...] = (),
  scales: tuple[float, ...] = (),
) -> Shape:
  """Returns the learning rate over its base value, as a function of step.

  At step t, from 0, it is w(t) s(t): the warm-up w(t) = min(1, (t + 1) /
  warmup_steps), and s of the whole run, warm-up included. s(t) is 1
  (`constant`), (1 + cos(pi t / num_steps)) / 2 (`cosine`), or the last of
  `scales` whose boundary, a fraction of the run, is reached (`piecewise`).

  Args:
    num_steps: of the run.
    schedule: one of `SCHEDULES`.
    warmup_steps: of a linear warm-up; 0 for none.
    boundaries: ascending fractions of the run, of `piecewise`.
    scales: as many multiples of the base value.

  Returns:
    `step -> float32 scalar`; `step` may be traced.

  Raises:
    ValueError: boundaries and scales that make no schedule.
  """
  _check_pieces(schedule, boundaries, scales)
  steps = np.array([share(b, num_steps) for b in boundaries], np.int32)
  multiples = np.array([1.0, *scales], np.float32)

  def after(step):
    if schedule == 'cosine':
      return 0.5 * (1 + jnp.cos(jnp.pi * jnp.float32(step) / num_steps))
    return jnp.asarray(multiples)[jnp.sum(step >= steps)]

  def at(step):
    begun = jnp.float32(step + 1)
    ramp = jnp.minimum(begun / warmup_steps, 1.0) if warmup_steps else 1.0
    return jnp.asarray(ramp * after(step), jnp.float32)

  return at


def _check_pieces(
  schedule: str, boundaries: tuple[float, ...], scales: tuple[float, ...]
) -> None:
  numbers = all(type(v) in (int, float) for v in (*boundaries, *scales))
  if not (
    numbers
    and len(boundaries) == len(scales)
    and list(boundaries) == sorted(boundaries)
    and all(0 <= b <= 1 for b in boundaries)
    and all(0 <= s <= LARGEST for s in scales)
    and (schedule == 'piecewise' or not scales)
  ):
    raise ValueError(
      f'config.optimizer: got schedule {schedule!r}, boundaries'
      f' {boundaries} and scales {scales}; accepted are, with piecewise only,'
      ' as many of one as of the other: ascending fractions of the run, and'
      ' the multiples (>= 0) of learning_rate from there'
    )
