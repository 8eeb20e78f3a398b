"""The learning rate of a run as a function of the step."""

import math
from collections.abc import Callable
from fractions import Fraction

import jax
import jax.numpy as jnp

from jaxsparse.core import registry
from jaxsparse.core.types import LARGEST

_SCHEDULES = 'jaxsparse.optim.learning_rate_schedules'

# Of fractions that differ and have no larger denominators, no two are within
# 1e-14: far more than floats are off.
_FINEST = 10**7

Shape = Callable[[jax.Array], jax.Array]
Named = str | Callable[..., Shape]


def share(fraction: float, whole: int) -> int:
  """Returns floor(fraction x whole), with the fraction read exactly.

  0.29 of 100 is 29, and 30 / 97 of 97 is 30, though neither is a float.
  """
  exact = Fraction(fraction).limit_denominator(_FINEST)
  return math.floor(exact * whole)


def shape(
  num_steps: int,
  schedule: Named,
  *,
  warmup_steps: int = 0,
  boundaries: tuple[float, ...] = (),
  scales: tuple[float, ...] = (),
) -> Shape:
  """Returns the learning rate over its base value, as a function of step.

  At step t, from 0, it is w(t) s(t): the warm-up w(t) = min(1, (t + 1) /
  warmup_steps), and the schedule s of the whole run, warm-up included, one of
  `learning_rate_schedules` or the user's own.

  Args:
    num_steps: of the run.
    schedule: a name in `learning_rate_schedules`, a dotted path or a function.
    warmup_steps: of a linear warm-up; 0 for none.
    boundaries: ascending fractions of the run, of a schedule that takes them.
    scales: as many multiples of the base value.

  Returns:
    `step -> float32 scalar`; `step` may be traced.

  Raises:
    ValueError: no schedule of that name, or boundaries and scales that make
      none.
  """
  build = find(schedule)
  accepted = registry.parameters(build)
  _check_pieces(schedule, boundaries, scales, 'scales' in accepted)
  pieces = {'boundaries': boundaries, 'scales': scales}
  after = build(num_steps, **{n: v for n, v in pieces.items() if n in accepted})

  def at(step):
    begun = jnp.float32(step + 1)
    ramp = jnp.minimum(begun / warmup_steps, 1.0) if warmup_steps else 1.0
    return jnp.asarray(ramp * after(step), jnp.float32)

  return at


def find(spec: Named) -> Callable[..., Shape]:
  """Returns the schedule that `config.optimizer.schedule` names.

  Raises:
    ValueError: it is unknown; names the nearest accepted name.
  """
  try:
    return registry.resolve(spec, _SCHEDULES)
  except ValueError as error:
    raise ValueError(f'config.optimizer.schedule: {error}') from None


def _check_pieces(
  schedule: Named,
  boundaries: tuple[float, ...],
  scales: tuple[float, ...],
  accepted: bool,
) -> None:
  numbers = all(type(v) in (int, float) for v in (*boundaries, *scales))
  if not (
    numbers
    and len(boundaries) == len(scales)
    and list(boundaries) == sorted(boundaries)
    and all(0 <= b <= 1 for b in boundaries)
    and all(0 <= s <= LARGEST for s in scales)
    and (accepted or not scales)
  ):
    raise ValueError(
      f'config.optimizer: got schedule {schedule!r}, boundaries'
      f' {boundaries} and scales {scales}; accepted are, with piecewise only,'
      ' as many of one as of the other: ascending fractions of the run, and'
      ' the multiples (>= 0) of learning_rate from there'
    )
