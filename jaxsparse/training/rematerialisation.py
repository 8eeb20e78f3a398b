"""A differentiated function that keeps few of its activations.

Of n layers about sqrt(n) are kept (Chen et al. 2016, "Training Deep Nets with
Sublinear Memory Cost"): the operations are cut into sqrt(n) segments of as many
convolutions and matrix products each. What enters a segment is kept, and the
backward pass computes the rest of it again, one segment at a time; all in all
that is about another forward pass. The net needs no change.

XLA for CPU is free to compute a segment again early, and saves no memory.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal, Var

from jaxsparse.core import jaxprs

_PRODUCTS = ('conv_general_dilated', 'dot_general')


def rematerialised(fn: Callable[..., Any]) -> Callable[..., Any]:
  """Returns `fn`, of arrays, differentiated in segments."""

  def call(*args: Any, **kwargs: Any) -> Any:
    closed, shapes = jax.make_jaxpr(fn, return_shape=True)(*args, **kwargs)
    values: dict[Any, Any] = dict(
      zip(closed.jaxpr.constvars, closed.consts, strict=True)
    )
    arguments = jax.tree.leaves((args, kwargs))
    values |= zip(closed.jaxpr.invars, arguments, strict=True)
    for part in _segments(closed.jaxpr):
      run = functools.partial(jaxprs.evaluate, ClosedJaxpr(part, ()))
      results = jax.checkpoint(run)([values[v] for v in part.invars])
      values |= zip(part.outvars, results, strict=True)
    outputs = [
      v.val if isinstance(v, Literal) else values[v]
      for v in closed.jaxpr.outvars
    ]
    return jax.tree.unflatten(jax.tree.structure(shapes), outputs)

  return call


def _segments(jaxpr: Jaxpr) -> list[Jaxpr]:
  """Cuts a jaxpr of n products into about sqrt(n) of sqrt(n) products each."""
  products = [
    i for i, eqn in enumerate(jaxpr.eqns) if jaxprs.contains(eqn, *_PRODUCTS)
  ]
  cuts = products[:: math.isqrt(len(products)) or 1][1:]
  bounds = itertools.pairwise([0, *cuts, len(jaxpr.eqns)])
  return [_segment(jaxpr, begin, end) for begin, end in bounds]


def _segment(jaxpr: Jaxpr, begin: int, end: int) -> Jaxpr:
  """Returns some equations as a jaxpr of what they need and is needed later."""
  eqns = jaxpr.eqns[begin:end]
  results = {v: None for eqn in eqns for v in eqn.outvars}
  later = _operands(jaxpr.eqns[end:]) | _variables(jaxpr.outvars)
  return jaxpr.replace(
    constvars=[],
    invars=[v for v in _operands(eqns) if v not in results],
    outvars=[v for v in results if v in later],
    eqns=eqns,
  )


def _operands(eqns: Sequence[JaxprEqn]) -> dict[Var, None]:
  """Returns the variables that equations read, each once, in their order."""
  return _variables(v for eqn in eqns for v in eqn.invars)


def _variables(atoms: Iterable[Var | Literal]) -> dict[Var, None]:
  return {atom: None for atom in atoms if isinstance(atom, Var)}
