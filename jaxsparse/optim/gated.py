"""An optimiser's update whose new statistics pass a gate.

A loop that holds an ordinary step and a mask step in one program selects each
statistic: the new one, the one before, or where the optimiser starts it. XLA
for CPU computes a statistic twice, and copies the old one, if both the
selection and the update of the weight read it. So the gate is put where the
statistic is computed, and the update reads what has passed.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array
from jax.extend.core import JaxprEqn, Var

from jaxsparse.core import jaxprs
from jaxsparse.core.types import Params, PyTree

# `(i, new) -> statistic`, of the leaf i of the optimiser's state.
Gate = Callable[[int, Array], Array]


def gated_update(
  tx: optax.GradientTransformation,
  grads: PyTree,
  opt_state: PyTree,
  params: Params,
  gate: Gate,
) -> tuple[PyTree, PyTree]:
  """Returns the updates of `tx`, and its state behind a gate.

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts.
    grads: its gradients.
    opt_state: its state; leaves keep their dtypes.
    params: the stored parameters.
    gate: `(i, new) -> statistic`: takes the new value of the leaf i of
      `opt_state` and returns the one to store. Where it returns `new`, updates
      are those of `tx`; elsewhere they are of no meaning.
  """
  jaxpr, shapes = jax.make_jaxpr(tx.update, return_shape=True)(
    grads, opt_state, params
  )
  old = jax.tree.leaves(opt_state)
  first = len(jaxpr.jaxpr.outvars) - len(old)
  of_variable = {
    var: i
    for i, (var, before) in enumerate(
      zip(jaxpr.jaxpr.outvars[first:], old, strict=True)
    )
    if isinstance(var, Var) and getattr(var.aval, 'dtype', None) == before.dtype
  }
  passed: set[int] = set()

  def step(eqn: JaxprEqn, operands: list[Any]) -> list[Any]:
    computed = jaxprs.results(eqn, operands)
    for place, var in enumerate(eqn.outvars):
      if (i := of_variable.get(var)) is not None:
        passed.add(i)
        computed[place] = gate(i, computed[place])
    return computed

  arguments = jax.tree.leaves((grads, opt_state, params))
  outputs = jaxprs.evaluate(jaxpr, arguments, step)
  for i, before in enumerate(old):
    if i not in passed:
      # Promotion may widen statistics: by a float32 rate, say, of bfloat16.
      new = jnp.asarray(outputs[first + i], before.dtype)
      outputs[first + i] = gate(i, new)
  return jax.tree.unflatten(jax.tree.structure(shapes), outputs)
