"""Jaxprs evaluated equation by equation, and searched for operations."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
from jax.extend.core import (
  ClosedJaxpr,
  JaxprEqn,
  Literal,
  Var,
  jaxprs_in_params,
)

# `(equation, operands) -> results`
Step = Callable[[JaxprEqn, list[Any]], Sequence[Any]]

# Operations that are evaluated as the operations within.
_CALLS = (
  'jit',
  'pjit',
  'closed_call',
  'remat2',
  'checkpoint',
  'custom_jvp_call',
  'custom_vjp_call',
)


def results(eqn: JaxprEqn, operands: Sequence[Any]) -> list[Any]:
  """Evaluates an equation on these operands."""
  params = eqn.primitive.get_bind_params(eqn.params)
  outputs = eqn.primitive.bind(*operands, **params)
  return list(outputs) if eqn.primitive.multiple_results else [outputs]


def called(eqn: JaxprEqn) -> ClosedJaxpr | None:
  """Returns the operations that an equation calls once, if it is a call."""
  if eqn.primitive.name not in _CALLS:
    return None
  inner: Any = eqn.params.get('call_jaxpr', eqn.params.get('jaxpr'))
  return inner if isinstance(inner, ClosedJaxpr) else ClosedJaxpr(inner, ())


def evaluate(
  closed: ClosedJaxpr,
  arguments: Iterable[Any],
  step: Step = results,
  eqns: Iterable[JaxprEqn] | None = None,
) -> list[Any]:
  """Evaluates a jaxpr by a step for each equation.

  Args:
    closed: the jaxpr.
    arguments: its arguments, in their order.
    step: `(equation, operands) -> results`.
    eqns: the equations to evaluate, in their order; all by default.

  Returns:
    The outputs.
  """
  jaxpr = closed.jaxpr
  values = dict(zip(jaxpr.constvars, closed.consts, strict=True))
  values |= zip(jaxpr.invars, arguments, strict=True)

  def read(variables: Iterable[Var | Literal]) -> list[Any]:
    return [v.val if isinstance(v, Literal) else values[v] for v in variables]

  for eqn in jaxpr.eqns if eqns is None else eqns:
    values |= zip(eqn.outvars, step(eqn, read(eqn.invars)), strict=True)
  return read(jaxpr.outvars)


def slow_in_loops(fn: Callable[..., Any], *abstract_args: Any) -> bool:
  """Returns whether XLA makes loops of `fn` slow: of convolutions on CPU.

  There they take some fifteen times as long as in straight code.
  """
  if jax.default_backend() != 'cpu':
    return False
  eqns = jax.make_jaxpr(fn)(*abstract_args).jaxpr.eqns
  return any(contains(eqn, 'conv_general_dilated') for eqn in eqns)


def contains(eqn: JaxprEqn, *primitives: str) -> bool:
  """Returns whether an equation is of these primitives, or has one within."""
  return eqn.primitive.name in primitives or any(
    contains(inner, *primitives)
    for jaxpr in jaxprs_in_params(eqn.params)
    for inner in jaxpr.eqns
  )
