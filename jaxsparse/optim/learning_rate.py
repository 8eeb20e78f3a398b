"""The learning rate of a run as a function of the step."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

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


def shape(section: dict[str, Any], num_steps: int) -> Shape:
  """Returns the learning rate over its base value, as a function of step.

  At step t, from 0, it is w(t) s(t): the warm-up w(t) = min(1, (t + 1) /
  warmup_steps), and s of the whole run, warm-up included. s(t) is 1
  (`constant`), (1 + cos(pi t / num_steps)) / 2 (`cosine`), or the last of
  `scales` whose boundary, a fraction of the run, is reached (`piecewise`).

  Args:
    section: the config section `optimizer`.
    num_steps: of the run.

  Returns:
    `step -> float32 scalar`; `step` may be traced.

  Raises:
    ValueError: boundaries and scales that make no schedule.
  """
  _check_pieces(section)
  warmup = section['warmup_steps']
  after = _after_warmup(section, num_steps)

  def at(step):
    begun = jnp.float32(step + 1)
    ramp = jnp.minimum(begun / warmup, 1.0) if warmup else 1.0
    return jnp.asarray(ramp * after(step), jnp.float32)

  return at


def _after_warmup(section: dict[str, Any], num_steps: int) -> Shape:
  if section['schedule'] == 'cosine':
    return lambda step: (
      0.5 * (1 + jnp.cos(jnp.pi * jnp.float32(step) / num_steps))
    )
  steps = np.array(
    [share(b, num_steps) for b in section['boundaries']], np.int32
  )
  scales = np.array([1.0, *section['scales']], np.float32)
  return lambda step: jnp.asarray(scales)[jnp.sum(step >= steps)]


def _check_pieces(section: dict[str, Any]) -> None:
  boundaries, scales = section['boundaries'], section['scales']
  numbers = all(type(v) in (int, float) for v in (*boundaries, *scales))
  if not (
    numbers
    and len(boundaries) == len(scales)
    and list(boundaries) == sorted(boundaries)
    and all(0 <= b <= 1 for b in boundaries)
    and all(0 <= s <= LARGEST for s in scales)
    and (section['schedule'] == 'piecewise' or not scales)
  ):
    raise ValueError(
      f'config.optimizer: got schedule {section["schedule"]!r}, boundaries'
      f' {boundaries} and scales {scales}; accepted are, with piecewise only,'
      ' as many of one as of the other: ascending fractions of the run, and'
      ' the multiples (>= 0) of learning_rate from there'
    )
