"""One program that computes, to the bit, what its operations compute alone.

XLA simplifies and fuses across operations, and so changes the last bits of
some. Here it is kept from it: each operation that would be a program of its own
outside of jit is fenced off from the next. What no output needs is left out.
"""

import functools
import os
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

import jax
from jax.extend.core import Jaxpr, JaxprEqn, Literal, Var

from jaxsparse.core import jaxprs

_P = ParamSpec('_P')
_T = TypeVar('_T')

_LEVEL = 'xla_backend_optimization_level'


def jit(fn: Callable[_P, _T]) -> Callable[_P, _T]:
  """Jits a function that is called once and should compile quickly.

  Args:
    fn: takes positional arguments, pytrees of arrays.
  """
  options = None
  if jax.default_backend() == 'cpu':
    # Fusions of the library pay no attention to the fences.
    options = {'xla_cpu_experimental_ynn_fusion_type': ''}
    if _LEVEL not in os.environ.get('XLA_FLAGS', ''):
      # A quarter of the time of the usual level, for the same bits.
      options[_LEVEL] = '1'
  return jax.jit(_fenced(fn), compiler_options=options)


def _fenced(fn: Callable[..., Any]) -> Callable[..., Any]:
  @functools.wraps(fn)
  def call(*args: Any) -> Any:
    closed, shapes = jax.make_jaxpr(fn, return_shape=True)(*args)
    arguments = jax.tree.leaves(args)
    outputs = jaxprs.evaluate(closed, arguments, _fence, _needed(closed.jaxpr))
    return jax.tree.unflatten(jax.tree.structure(shapes), outputs)

  return call


def _fence(eqn: JaxprEqn, operands: list[Any]) -> list[Any]:
  # Numbers too: outside of jit they are arguments.
  return jaxprs.results(eqn, jax.lax.optimization_barrier(operands))


def _needed(jaxpr: Jaxpr) -> list[JaxprEqn]:
  """Returns the equations that the outputs need, in their order."""
  wanted, needed = set(_variables(jaxpr.outvars)), []
  for eqn in reversed(jaxpr.eqns):
    if wanted.intersection(eqn.outvars):
      needed.append(eqn)
      wanted.update(_variables(eqn.invars))
  return needed[::-1]


def _variables(atoms: Iterable[Var | Literal]) -> list[Var]:
  return [atom for atom in atoms if not isinstance(atom, Literal)]
