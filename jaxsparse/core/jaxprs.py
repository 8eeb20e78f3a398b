"""Jaxprs evaluated equation by equation."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from jax.extend.core import ClosedJaxpr, JaxprEqn, Literal, Var

# `(equation, operands) -> results`
Step = Callable[[JaxprEqn, list[Any]], Sequence[Any]]


def results(eqn: JaxprEqn, operands: Sequence[Any]) -> list[Any]:
  """Evaluates an equation on these operands."""
  params = eqn.primitive.get_bind_params(eqn.params)
  outputs = eqn.primitive.bind(*operands, **params)
  return list(outputs) if eqn.primitive.multiple_results else [outputs]


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
