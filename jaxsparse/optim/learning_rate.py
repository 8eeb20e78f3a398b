"""The learning rate of a run as a function of the step."""

import functools
import inspect
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp

from jaxsparse.core import choices, registry
from jaxsparse.core.types import LARGEST

_SCHEDULES = 'jaxsparse.optim.learning_rate_schedules'

# Of fractions that differ and have no larger denominators, no two are within
# 1e-14: far more than floats are off.
_FINEST = 10**7

# Arguments of Optax's schedules that are set where the config leaves them out:
# of a base value of 1, and the length of the run.
_VALUES = {'init_value': 1.0, 'peak_value': 1.0, 'value': 1.0, 'end_value': 0.0}
_LENGTHS = ('decay_steps', 'transition_steps')

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
  arguments: Mapping[str, Any] = MappingProxyType({}),
) -> Shape:
  """Returns the learning rate over its base value, as a function of step.

  At step t, from 0, it is w(t) s(t): the warm-up w(t) = min(1, (t + 1) /
  warmup_steps), and the schedule s of the whole run, warm-up included, one of
  `learning_rate_schedules` or of Optax, or the user's own.

  Args:
    num_steps: of the run.
    schedule: for `find`.
    warmup_steps: of a linear warm-up; 0 for none.
    boundaries: ascending fractions of the run, of a schedule that takes them.
    scales: as many multiples of the base value.
    arguments: further ones of the schedule, by name.

  Returns:
    `step -> float32 scalar`; `step` may be traced.

  Raises:
    ValueError: no schedule of that name, or arguments that make none.
  """
  build = find(schedule)
  pieces = {'boundaries': boundaries, 'scales': scales}
  accepted = registry.parameters(build)
  _check_pieces(schedule, boundaries, scales, 'scales' in accepted)
  pieces = {n: v for n, v in pieces.items() if n in accepted}
  after = _built(build, num_steps, {**pieces, **arguments})

  def at(step):
    begun = jnp.float32(step + 1)
    ramp = jnp.minimum(begun / warmup_steps, 1.0) if warmup_steps else 1.0
    return jnp.asarray(ramp * after(step), jnp.float32)

  return at


def find(spec: Named) -> Callable[..., Shape]:
  """Returns the schedule that `config.optimizer.schedule` names.

  Args:
    spec: a name in `learning_rate_schedules`, one of Optax's schedules, a
      dotted path or a function.

  Raises:
    ValueError: it is unknown; lists the accepted names.
  """
  field = 'config.optimizer.schedule'
  own = registry.names(_SCHEDULES)
  if callable(spec) or '.' in spec or spec in own:
    try:
      return registry.resolve(spec, _SCHEDULES)
    except ValueError as error:
      raise ValueError(f'{field}: {error}') from None
  of_optax = _of_optax()
  if spec in of_optax:
    return of_optax[spec]
  known = (*own, *of_optax)
  raise ValueError(
    f'{field}: {spec!r} is not one of {", ".join(own)}; of Optax'
    f' {", ".join(of_optax)}; or a dotted path.{choices.nearest(spec, known)}'
  )


@functools.cache
def _of_optax() -> dict[str, Callable[..., Shape]]:
  """Returns Optax's schedules of numbers, by name."""
  from optax import schedules

  return {
    name: fn
    for name, fn in inspect.getmembers(schedules, inspect.isfunction)
    if not _VALUES.keys().isdisjoint(inspect.signature(fn).parameters)
  }


def _built(
  build: Callable[..., Shape], num_steps: int, arguments: Mapping[str, Any]
) -> Shape:
  """Calls a schedule's builder; Optax's with what the config leaves out."""
  field = 'config.optimizer.schedule_arguments'
  signature = inspect.signature(build)
  of_optax = build in _of_optax().values()
  first = () if of_optax else (num_steps,)
  known = [*signature.parameters][len(first) :]
  for name in arguments:
    choices.check(f'{field}: {name!r}', name, known)
  if of_optax:
    arguments = _usual(signature, num_steps) | dict(arguments)
  try:
    return build(*first, **arguments)
  except (TypeError, ValueError) as error:
    raise ValueError(
      f'{field}: {error}; accepted are {", ".join(known)}'
    ) from None


def _usual(signature: inspect.Signature, num_steps: int) -> dict[str, Any]:
  """Returns the values of arguments of Optax that have no default."""
  values = _VALUES | dict.fromkeys(_LENGTHS, num_steps)
  if 'peak_value' in signature.parameters:
    values['init_value'] = 0.0
  return {
    name: values[name]
    for name, p in signature.parameters.items()
    if p.default is p.empty and name in values
  }


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
