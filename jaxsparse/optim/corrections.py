"""Where an optimiser corrects bias, read from its jaxpr.

The update is traced and evaluated equation by equation. For each variable the
evaluation tracks the parameter to which it belongs, element by element, and,
for a scalar, its dependence on a step count (`step_counts`). Bias is corrected
where such a variable is divided by a scalar 1 - b^n; or multiplied by a scalar
that was divided by one, as where a correction is part of the learning rate
(prodigy). Calls and branches are entered, loops are not.
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.extend import core as jex_core

from jaxsparse.core import paths
from jaxsparse.core.jaxprs import results
from jaxsparse.core.types import Params, PyTree
from jaxsparse.optim.owners import NO_OWNER, owners
from jaxsparse.optim.step_counts import (
  OfCount,
  Value,
  divides,
  scalars,
)

_CALLS = ('jit', 'closed_call', 'custom_jvp_call', 'custom_vjp_call')


class Correction(NamedTuple):
  """A place at which an optimiser corrects bias.

  Attributes:
    leaf: the parameter, an index in the leaves of all.
    counter: the step count, an index in the leaves of the optimiser's state.
    scalar: the divisor, or the multiplier if it is a factor.
  """

  leaf: int
  counter: int
  scalar: OfCount


def evaluate(
  tx: optax.GradientTransformation,
  grads: PyTree,
  opt_state: PyTree,
  params: Params | None,
  ages: list[jax.Array] | None = None,
) -> tuple[tuple[PyTree, PyTree], list[Correction]]:
  """Evaluates `tx.update` and finds where it corrects bias.

  Args:
    tx: the optimiser.
    grads: its gradients.
    opt_state: its state.
    params: the parameters, or None.
    ages: an int array for each leaf of `grads`, of its shape; bias is
      corrected by them. If None, by the step count, as `tx` does.

  Returns:
    The updates and the new state; and the corrections.
  """
  args = (grads, opt_state, params)
  jaxpr, shapes = jax.make_jaxpr(tx.update, return_shape=True)(*args)
  place = {path: i for i, path in enumerate(paths.flatten(grads))}
  values = [
    *map(Value, jax.tree.leaves(grads), place.values()),
    *_state_values(tx, opt_state, grads),
    *(Value(x, place.get(p)) for p, x in paths.flatten(params).items()),
  ]
  walk = _Walk(jax.tree.leaves(grads), jax.tree.leaves(opt_state), ages)
  outputs = walk.run(jaxpr.jaxpr, jaxpr.consts, values)
  arrays = [output.array for output in outputs]
  structure = jax.tree.structure(shapes)
  return jax.tree.unflatten(structure, arrays), walk.corrections


def _state_values(tx, opt_state, params):
  of_leaves = jax.tree.leaves(owners(tx, opt_state, params))
  for i, (owner, leaf) in enumerate(
    zip(of_leaves, jax.tree.leaves(opt_state), strict=True)
  ):
    if owner != NO_OWNER:
      yield Value(leaf, owner)
    elif not jnp.shape(leaf) and jnp.issubdtype(leaf.dtype, jnp.integer):
      yield Value(leaf, scalar=_count(i, leaf.dtype))
    else:
      yield Value(leaf)


def _count(counter, dtype):
  return OfCount(counter, lambda n, *_: jnp.asarray(n, dtype))


class _Walk:
  """An evaluation of a jaxpr that corrects bias by age."""

  def __init__(self, leaves, state, ages):
    self.shapes = [jnp.shape(leaf) for leaf in leaves]
    self.state = state
    self.ages = ages
    self.corrections: list[Correction] = []
    self._corrects = functools.cache(divides)  # Many leaves share a scalar.

  def run(
    self, jaxpr: jex_core.Jaxpr, consts: Sequence[Any], values: Sequence[Value]
  ) -> list[Value]:
    env = dict(zip(jaxpr.constvars, map(Value, consts), strict=True))
    env |= zip(jaxpr.invars, values, strict=True)

    def read(var):
      return Value(var.val) if isinstance(var, jex_core.Literal) else env[var]

    for eqn in jaxpr.eqns:
      outputs = self._results(eqn, [read(var) for var in eqn.invars])
      env |= zip(eqn.outvars, outputs, strict=True)
    return [read(var) for var in jaxpr.outvars]

  def _results(self, eqn, values):
    name = eqn.primitive.name
    if name == 'cond':
      return self._branches(eqn.params['branches'], *values)
    if name in _CALLS and any(result.aval.shape for result in eqn.outvars):
      called = eqn.params.get('jaxpr') or eqn.params['call_jaxpr']
      return self.run(called.jaxpr, called.consts, values)
    arrays = [value.array for value in values]
    leaves = {value.leaf for value in values if value.leaf is not None}
    leaf = leaves.pop() if len(leaves) == 1 else None
    if leaf is not None and name in ('div', 'mul'):
      divisor = values[1] if name == 'div' else None
      arrays = [self._by_age(leaf, v, v is divisor) for v in values]
    return [
      Value(array, leaf if self._fits(leaf, array) else None, scalar)
      for array, scalar in zip(
        results(eqn, arrays), scalars(eqn, values), strict=True
      )
    ]

  def _fits(self, leaf, array):
    return leaf is not None and self.shapes[leaf] == jnp.shape(array)

  def _by_age(self, leaf, value, is_divisor):
    """Returns an operand's array, computed by ages if it corrects bias."""
    scalar = value.scalar
    if scalar is None or not (
      scalar.factor or (is_divisor and self._corrects(scalar))
    ):
      return value.array
    self.corrections.append(Correction(leaf, scalar.counter, scalar))
    if self.ages is None:
      return value.array
    count = self.state[scalar.counter]
    ages = self.ages[leaf]
    at = functools.reduce(
      lambda fn, _: jax.vmap(fn), ages.shape, lambda n: scalar.at(n, False, {})
    )
    # Unchanged, bit for bit, where the age is the count.
    return jnp.where(ages == count, value.array, at(ages))

  def _branches(self, branches, index, *operands):
    leaves: list[int | None] = []

    def branch(closed):
      def run():
        outputs = self.run(closed.jaxpr, closed.consts, operands)
        leaves[:] = [output.leaf for output in outputs]
        return [output.array for output in outputs]

      return run

    arrays = jax.lax.switch(index.array, [branch(b) for b in branches])
    return [Value(a, leaf) for a, leaf in zip(arrays, leaves, strict=True)]
