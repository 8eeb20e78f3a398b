"""A walk of a jaxpr, through calls, loops and branches.

Abstract values alone: it costs a trace and some look-ups, whatever the size
of the model.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from jax.extend.core import (
  ClosedJaxpr,
  Jaxpr,
  JaxprEqn,
  Literal,
  jaxprs_in_params,
)

from jaxsparse.analysis.flops import products
from jaxsparse.analysis.flops.origins import (
  CONSTANT,
  Origin,
  inherited,
  merged,
  resized,
)
from jaxsparse.analysis.flops.products import shape, size
from jaxsparse.analysis.flops.tally import Tally


def walk(
  jaxpr: Jaxpr | ClosedJaxpr, origins: Sequence[Origin], tally: Tally
) -> list[Origin]:
  """Charges all products of a jaxpr.

  Args:
    jaxpr: open or closed.
    origins: of its inputs.
    tally: where they are charged.

  Returns:
    The origins of its outputs.

  Raises:
    ValueError: something multiplies an unknown number of times, or cannot be
      looked into.
  """
  if isinstance(jaxpr, ClosedJaxpr):
    jaxpr = jaxpr.jaxpr
  origin_of = dict(zip(jaxpr.invars, origins, strict=True))

  def of(var: Any) -> Origin:
    return (
      CONSTANT if isinstance(var, Literal) else origin_of.get(var, CONSTANT)
    )

  for eqn in jaxpr.eqns:
    results = _equation(eqn, [of(var) for var in eqn.invars], tally)
    origin_of.update(zip(eqn.outvars, results, strict=True))
  return [of(var) for var in jaxpr.outvars]


def _equation(
  eqn: JaxprEqn, origins: list[Origin], tally: Tally
) -> list[Origin]:
  name = eqn.primitive.name
  if name in _CONTROL:
    return _CONTROL[name](eqn, origins, tally)
  inner = list(jaxprs_in_params(eqn.params))
  if len(inner) == 1 and _is_call(eqn, inner[0]):
    return walk(inner[0], origins, tally)
  if name in products.OPAQUE or any(map(_multiplies, inner)):
    raise ValueError(
      f'{name} cannot be looked into, so that its multiply-adds are unknown;'
      ' accepted are products and convolutions of jax.numpy and jax.lax, also'
      ' in jit, checkpoint, scan, cond and functions with gradients of their'
      ' own'
    )
  if name in products.COUNTED:
    tally.charge(eqn, origins)
  return inherited(eqn, origins)


def _scan(eqn: JaxprEqn, origins: list[Origin], tally: Tally) -> list[Origin]:
  """Charges the body of a loop once for each iteration."""
  body, length = eqn.params['jaxpr'].jaxpr, eqn.params['length']
  first = eqn.params['num_consts']
  last = first + eqn.params['num_carry']
  slices = map(
    resized,
    origins[last:],
    map(size, eqn.invars[last:]),
    map(size, body.invars[last:]),
  )
  outs, once = _settled(body, [*origins[:last], *slices], first, last, tally)
  tally.add(once, length)
  num_carry = last - first
  stacks = map(
    resized,
    outs[num_carry:],
    map(size, body.outvars[num_carry:]),
    map(size, eqn.outvars[num_carry:]),
  )
  return [*outs[:num_carry], *stacks]


def _while(eqn: JaxprEqn, origins: list[Origin], tally: Tally) -> list[Origin]:
  """Accepts a loop that multiplies nothing, as its length is unknown."""
  tested, body = eqn.params['cond_jaxpr'], eqn.params['body_jaxpr'].jaxpr
  first, consts = eqn.params['cond_nconsts'], eqn.params['body_nconsts']
  outs, once = _settled(body, origins[first:], consts, len(body.invars), tally)
  walk(tested, [*origins[:first], *outs], once)
  if once.total:
    raise ValueError(
      f'a while loop makes {once.total} multiply-adds a round, and how often'
      ' it goes round is unknown; accepted are loops whose length is known'
      ' when they are traced (lax.scan, fori_loop between integers)'
    )
  return outs


def _cond(eqn: JaxprEqn, origins: list[Origin], tally: Tally) -> list[Origin]:
  """Charges the costliest branch, the first among equals."""
  branches = [
    (cost := tally.anew(), walk(branch, origins[1:], cost))
    for branch in eqn.params['branches']
  ]
  tally.add(max((cost for cost, _ in branches), key=lambda cost: cost.total))
  return [
    functools.reduce(merged, outs)
    for outs in zip(*(outs for _, outs in branches), strict=True)
  ]


_CONTROL: dict[str, Callable[..., list[Origin]]] = {
  'scan': _scan,
  'while': _while,
  'cond': _cond,
}


def _settled(
  body: Jaxpr, given: Sequence[Origin], first: int, last: int, tally: Tally
) -> tuple[list[Origin], Tally]:
  """Walks a loop's body until the origins of its carry no longer change.

  Args:
    body: of the loop.
    given: origins of its inputs in the first round.
    first: where the carry begins among them.
    last: where it ends.
    tally: its convention is used; nothing is charged to it.
  """
  while True:
    once = tally.anew()
    outs = walk(body, given, once)
    carry = list(map(merged, given[first:last], outs))
    if carry == list(given[first:last]):
      return carry + outs[last - first :], once
    given = [*given[:first], *carry, *given[last:]]


def _is_call(eqn: JaxprEqn, inner: Jaxpr | ClosedJaxpr) -> bool:
  """Returns whether the operands are those of the inner jaxpr, one by one.

  They are not in `shard_map`, which sees the part of one device, or a kernel.
  """
  if isinstance(inner, ClosedJaxpr):
    inner = inner.jaxpr
  return all(
    list(map(shape, outer)) == list(map(shape, formal))
    for outer, formal in (
      (eqn.invars, inner.invars),
      (eqn.outvars, inner.outvars),
    )
  )


def _multiplies(jaxpr: Jaxpr | ClosedJaxpr) -> bool:
  if isinstance(jaxpr, ClosedJaxpr):
    jaxpr = jaxpr.jaxpr
  return any(
    eqn.primitive.name in (*products.COUNTED, *products.OPAQUE)
    or any(map(_multiplies, jaxprs_in_params(eqn.params)))
    for eqn in jaxpr.eqns
  )
