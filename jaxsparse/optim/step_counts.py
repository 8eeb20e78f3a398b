"""Scalars that depend on an optimiser's step count, and bias corrections.

A jaxpr computes 1 - b^n from a count n and constants by a few scalar equations.
Each of their results is an `OfCount`: beside the scalar itself, how to compute
it for another count. Whether it corrects bias is found by trying a few counts,
so that it does not matter how an optimiser writes it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core as jex_core

# From 1, as a count of 0 is a case apart in some (acprop).
_COUNTS = (1, 2, 3, 10, 100, 1000)
_OFFSETS = (0, 1, 2)
# As any number of (0, 1) that stands for one that is not known yet.
_UNKNOWN = 0.7

Memo = dict[int, Any]


class OfCount(NamedTuple):
  """A scalar as a function of one step count.

  Attributes:
    counter: the place of the count among the leaves of the optimiser's state.
    at: `(n, probing, memo) ->` the scalar where the count is `n`. `probing`
      asks for a concrete one: traced numbers are any, roundings left out.
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


def results(eqn: jex_core.JaxprEqn, arrays: Sequence[Any]) -> list[Any]:
  """The results of an equation, of these operands."""
  params = eqn.primitive.get_bind_params(eqn.params)
  outputs = eqn.primitive.bind(*arrays, **params)
  return list(outputs) if eqn.primitive.multiple_results else [outputs]


def scalars(
  eqn: jex_core.JaxprEqn, values: Sequence[Value]
) -> list[OfCount | None]:
  """Of each result of an equation, the function of a step count that it is."""
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
    # Of a schedule times a correction, the schedule goes by the count.
    replaced = [v if _corrects(v) else Value(v.array) for v in values]
  function = _function(eqn, replaced)

  def one(i):
    return OfCount(counter, lambda *args: function(*args)[i], factor)

  return [one(i) for i in range(len(eqn.outvars))]


def decay(scalar: OfCount) -> float | None:
  """The b of a scalar that is 1 - b^n or its root; None of any other.

  Here n is the count, or one or two more.
  """
  with jax.ensure_compile_time_eval():
    counts = jnp.array(_COUNTS, jnp.int32)
    tried = jax.vmap(lambda n: scalar.at(n, True, {}))(counts)
  f = np.asarray(tried, np.float64)
  return next((b for y in (f, f * f) if (b := _decay_of(y)) is not None), None)


def divides(scalar: OfCount) -> bool:
  """Whether a division by the scalar corrects bias."""
  return scalar.factor or decay(scalar) is not None


def _decay_of(f):
  """The b of f that is 1 - b^(n + offset) at the counts n of `_COUNTS`."""
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
  """Whether the result is a product that a bias correction divides."""
  name = eqn.primitive.name
  if name == 'div' and values[1].scalar:
    return divides(values[1].scalar)
  factors = [bool(v.scalar and v.scalar.factor) for v in values]
  return name in ('mul', 'convert_element_type') and any(factors)


def _corrects(value):
  return value.scalar is not None and divides(value.scalar)


def _function(eqn, values):
  """`(n, probing, memo) -> results` of an equation between scalars."""
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
  """base^exponent, which costs a weight a tenth of what `pow` does on CPU."""
  logarithm = jnp.log(jnp.asarray(base, dtype))
  return jnp.exp(jnp.asarray(exponent, dtype) * logarithm)


def known(array: Any) -> Any:
  """`array`, or for a traced one any of its shape and dtype."""
  if isinstance(array, jax.core.Tracer):
    return jnp.full(array.shape, _UNKNOWN).astype(array.dtype)
  return array
