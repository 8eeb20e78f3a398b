"""Leaves that an optimiser never moves, detected by tracing, not by name.

A weight that a mask change grows starts at 0 and has to be trained. Where
`optax.set_to_zero` (in `optax.partition`, `optax.masked`, `optax.freeze` ...)
freezes a leaf it never is, so each mask change would replace weights of the
leaf by zeros for good. The update of such a leaf is a constant of its jaxpr: it
depends on neither gradients nor state nor params.
"""

from collections.abc import Sequence

import jax
import optax
from jax.extend import core as jex_core

from jaxsparse.core import paths
from jaxsparse.core.types import Counts, Masks, Params, Path

# Calls whose inputs are those of the jaxprs within, of a cond after the number
# of the branch.
_CALLS = ('jit', 'pjit', 'cond')


def check_moves(
  tx: optax.GradientTransformation, params: Params, masks: Masks | Counts
) -> None:
  """Raises `ValueError` for an optimiser that never moves a leaf with a mask.

  Args:
    tx: an optimiser that `supported.check_optimiser` accepts.
    params: the parameters; leaves may be `ShapeDtypeStruct`.
    masks: `None` for leaves without a mask; the values of others are not read.

  Raises:
    ValueError: a leaf with a mask is never moved; names the leaf.
  """
  masked = paths.flatten(masks)
  for path in never_moved(tx, params):
    if path in masked:
      raise ValueError(
        f'the optimiser never moves {path!r}, so that weights which a mask'
        ' change grows there would stay 0; accepted is such a leaf without a'
        ' mask (None in the counts), or in a config one of sparsity 0'
        ' (updater.layers)'
      )


def never_moved(
  tx: optax.GradientTransformation, params: Params
) -> tuple[Path, ...]:
  """Returns the paths of the leaves whose updates are constants."""
  params = paths.abstract(params)
  state = jax.eval_shape(tx.init, params)
  closed, (updates, _) = jax.make_jaxpr(tx.update, return_shape=True)(
    params, state, params
  )
  varies = [True] * len(closed.jaxpr.invars)
  moves = _dependent(closed.jaxpr, varies)
  leaves = paths.flatten(updates)
  return tuple(
    path for path, moved in zip(leaves, moves, strict=False) if not moved
  )


def _dependent(jaxpr: jex_core.Jaxpr, given: Sequence[bool]) -> list[bool]:
  """Returns whether each output depends on one of the `given` inputs."""
  hangs = dict(zip(jaxpr.invars, given, strict=True))

  def of(var: jex_core.Var | jex_core.Literal) -> bool:
    return not hasattr(var, 'val') and hangs.get(var, False)

  for eqn in jaxpr.eqns:
    inputs = [of(var) for var in eqn.invars]
    outputs = [any(inputs)] * len(eqn.outvars)
    if eqn.primitive.name in _CALLS:
      branches = eqn.params.get('branches') or (eqn.params['jaxpr'],)
      by_branch = [
        _dependent(one.jaxpr, inputs[len(inputs) - len(one.jaxpr.invars) :])
        for one in branches
      ]
      outputs = [any(flags) for flags in zip(*by_branch, strict=True)]
    hangs.update(zip(eqn.outvars, outputs, strict=True))
  return [of(var) for var in jaxpr.outvars]
