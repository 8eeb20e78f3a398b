"""Scalars that depend on an optimiser's step count, and bias corrections.

A jaxpr computes 1 - b^n from a count n and constants by a few scalar equations.
Each of their results is an `OfCount`: a function that computes the scalar for
another count. Whether it corrects bias is tested at a few counts, independently
of how the optimiser writes it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core as jex_core

from jaxsparse.core.jaxprs import results

# From 1, as some treat a count of 0 specially (acprop).
_COUNTS = (1, 2, 3, 10, 100, 1000)
_OFFSETS = (0, 1, 2)
# An arbitrary number of (0, 1) that replaces one that is traced.
_UNKNOWN = 0.7

Memo = dict[int, Any]


class OfCount(NamedTuple):
  """A scalar as a function of one step count.

  Attributes:
    counter: the index of the count in the leaves of the optimiser's state.
    at: `(n, probing, memo) ->` the scalar where the count is `n`. With
      `probing` it is concrete: traced numbers are replaced by an arbitrary
      value, and roundings are left out.
    factor: whether it is a product of scalars, divided by a bias correction;
      `at` then replaces the count in bias corrections alone.
  """

  counter: int
  at: Callable[[Any, bool, Memo], Any]
  factor: bool = False


class Value(NamedTuple):
  """A variable of a jaxpr.

  Attributes:
    array: its value, maybe traced.
    leaf: the parameter whose weights its elements belong to, one each.
    scalar: of a scalar that depends on a step count, as a function of it.
  """

  array: Any
  leaf: int | None = None
  scalar: OfCount | None = None


def scalars(
  eqn: jex_core.JaxprEqn, values: Sequence[Value]
) -> list[OfCount | None]:
  """Returns each result of an equation as a function of a step count."""
  none: list[OfCount | None] = [None] * len(eqn.outvars)
  counters = {v.scalar.counter for v in values if v.scalar}
  if len(counters) != 1:
    return none
  counter = counters.pop()
  if eqn.primitive.name == 'broadcast_in_dim':
    return [values[0].scalar]
  variables = (*eqn.invars, *eqn.outvars)
  if any(getattr(var.aval, 'shape', ()) for var in variables):
    return none
  replaced = values
  if factor := _is_factor(eqn, values):
    # In a schedule times a correction, the schedule depends on the count.
    replaced = [v if _corrects(v) else Value(v.array) for v in values]
  function = _function(eqn, replaced)

  def one(i):
    return OfCount(counter, lambda *args: function(*args)[i], factor)

  return [one(i) for i in range(len(eqn.outvars))]


def decay(scalar: OfCount) -> float | None:
  """Returns the b of a scalar 1 - b^n or its root; None for any other.

  Here n is the count, or one or two more.
  """
  with jax.ensure_compile_time_eval():
    counts = jnp.array(_COUNTS, jnp.int32)
    tried = jax.vmap(lambda n: scalar.at(n, True, {}))(counts)
  f = np.asarray(tried, np.float64)
  return next((b for y in (f, f * f) if (b := _decay_of(y)) is not None), None)


def divides(scalar: OfCount) -> bool:
  """Returns whether a division by the scalar corrects bias."""
  return scalar.factor or decay(scalar) is not None


def _decay_of(f):
  """Returns b where f = 1 - b^(n + offset) at the counts n of `_COUNTS`."""
  rest = 1 - f
  seen = np.flatnonzero((rest > 1e-3) & (rest < 1))
  if not seen.size:
    return None
  last = seen[-1]  # Where b is least lost in rounding.
  for offset in _OFFSETS:
    counts = np.array(_COUNTS) + offset
    b = rest[last] ** (1 / counts[last])
    exact = 1 - b**counts
    if np.allclose(f, exact, rtol=0, atol=1e-5) and exact[-1] > 1e-4:
      return float(b)
  return None


def _is_factor(eqn, values):
  """Returns whether the result is a product divided by a bias correction."""
  name = eqn.primitive.name
  if name == 'div' and values[1].scalar:
    return divides(values[1].scalar)
  factors = [bool(v.scalar and v.scalar.factor) for v in values]
  return name in ('mul', 'convert_element_type') and any(factors)


def _corrects(value):
  return value.scalar is not None and divides(value.scalar)


def _function(eqn, values):
  """Returns `(n, probing, memo) -> results` of an equation of scalars."""
  name, dtype = eqn.primitive.name, eqn.invars[0].aval.dtype
  rounds = name == 'convert_element_type' and jnp.issubdtype(
    dtype, jnp.floating
  )
  power = name == 'pow' and values[0].scalar is None

  def operand(value, n, probing, memo):
    if value.scalar:
      return value.scalar.at(n, probing, memo)
    return known(value.array) if probing else value.array

  def outcome(arrays, probing):
    if rounds and probing:
      return arrays
    return [_power(dtype, *arrays)] if power else results(eqn, arrays)

  def function(n, probing, memo):
    if id(values) not in memo:
      arrays = [operand(v, n, probing, memo) for v in values]
      memo[id(values)] = outcome(arrays, probing)
    return memo[id(values)]

  return function


def _power(dtype, base, exponent):
  """Returns base^exponent, at a tenth of the cost of `pow` on CPU."""
  logarithm = jnp.log(jnp.asarray(base, dtype))
  return jnp.exp(jnp.asarray(exponent, dtype) * logarithm)


def known(array: Any) -> Any:
  """Returns `array`, or an arbitrary one of its shape and dtype if traced."""
  if isinstance(array, jax.core.Tracer):
    return jnp.full(array.shape, _UNKNOWN).astype(array.dtype)
  return array
