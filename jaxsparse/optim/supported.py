"""Checks, by tracing and not by name, that an optimiser works under masks.

The optimiser is run on shapes alone (`jax.eval_shape`: nothing compiles) and
refused, with a `ValueError`, if

- its `update` needs more than `(grads, opt_state, params)`: a loss value, a
  line search, per-example gradients (polyak_sgd, momo, sophia, dpsgd, ...);
- its state cannot be matched to the parameters (flatten), or holds statistics
  that are neither one number a weight nor a reduction of a leaf along some of
  its axes (lbfgs, galore);
- its update multiplies, inverts or decomposes matrices (muon, galore): what a
  weight gets then depends on directions that other weights span, and neither
  masking the update nor resetting a weight's statistics has its usual meaning.

Everything else is accepted. *Per-weight* statistics (momentum, moments,
accumulators) are reset at a mask change. *Reductions* are kept: the row and
column factors of adafactor and sm3, novograd's second moment of a leaf. They
are estimates over many weights, most of which the change leaves alone.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import tree_util
from jax.extend import core as jex_core

from jaxsparse.core import paths
from jaxsparse.core.types import Params, PyTree, Shape
from jaxsparse.optim.owners import NO_OWNER, owners

_ACCEPTED = (
  'Accepted are Optax optimisers that are called as update(grads, opt_state,'
  ' params) and keep one statistic a weight (sgd, adam, adamw, adagrad,'
  ' rmsprop, lion, ...) or reductions of a leaf (adafactor, sm3, novograd)'
)
_DECOMPOSITIONS = frozenset(
  ('cholesky', 'eig', 'eigh', 'lu', 'qr', 'geqrf', 'schur', 'svd')
  + ('householder_product', 'triangular_solve')
)


def check_optimiser(tx: optax.GradientTransformation, params: Params) -> None:
  """Raises `ValueError` for an optimiser that cannot be used under masks.

  Args:
    tx: the optimiser.
    params: the parameters; leaves may be `ShapeDtypeStruct`.

  Raises:
    TypeError: `tx` is no Optax optimiser, or a leaf of `params` no array
      of floats.
    ValueError: `tx` is refused; gives the reason, and what is accepted.
  """
  _check_types(tx, params)
  params = paths.abstract(params)
  opt_state = _attempt(
    'its init fails on the parameters', jax.eval_shape, tx.init, params
  )
  jaxpr, (updates, new_state) = _attempt(
    'its update fails when called with (grads, opt_state, params) alone',
    jax.make_jaxpr(tx.update, return_shape=True),
    params,
    opt_state,
    params,
  )
  _check_statistics(tx, opt_state, params)
  if _signature(updates) != _signature(params):
    raise _refusal('its updates are not shaped like the parameters')
  if _signature(new_state, kinds=True) != _signature(opt_state, kinds=True):
    raise _refusal(
      f'its state changes from step to step{_change(opt_state, new_state)}'
    )
  _check_mixing(jaxpr.jaxpr)


def _check_types(tx: Any, params: Params) -> None:
  if not (hasattr(tx, 'init') and hasattr(tx, 'update')):
    raise TypeError(
      f'tx is {tx!r}; accepted is an optax.GradientTransformation'
    )
  paths.check_arrays(params)
  for path, leaf in paths.flatten(params).items():
    if not jnp.issubdtype(leaf.dtype, jnp.inexact):
      raise TypeError(
        f'params leaf {path!r} is {leaf.dtype}; accepted are floating arrays,'
        ' for the optimiser moves every leaf: keep counters, PRNG keys and'
        ' other state apart (nnx.state(model, nnx.Param), eqx.filter(model,'
        ' eqx.is_inexact_array))'
      )


def _check_statistics(
  tx: optax.GradientTransformation, opt_state: PyTree, params: Params
) -> None:
  owned = _attempt(
    'its state cannot be matched to the parameters (if it is optax.partition,'
    ' pass the labels as a tree, not as a function)',
    owners,
    tx,
    opt_state,
    params,
  )
  weights = list(paths.flatten(params).items())
  for owner, statistic in zip(
    jax.tree.leaves(owned), jax.tree.leaves(opt_state), strict=True
  ):
    if owner == NO_OWNER:
      continue
    path, weight = weights[owner]
    if not _is_reduction(statistic.shape, weight.shape):
      raise _refusal(
        f'for the parameter {path!r} of shape {weight.shape} it keeps a'
        f' statistic of shape {statistic.shape}, which is neither one number'
        ' a weight nor a reduction along some of its axes'
      )


def _check_mixing(jaxpr: Any) -> None:
  for eqn in _equations(jaxpr):
    if _is_matrix_op(eqn):
      raise _refusal(
        f'its update is a matrix function of a leaf ({eqn.primitive.name}), so'
        ' it moves every weight by what all others do, inside the masks or not'
      )


def _attempt(what: str, fn: Callable[..., Any], *args: Any) -> Any:
  """Calls `fn(*args)`; re-raises its errors as the reason of a refusal."""
  try:
    return fn(*args)
  except Exception as error:
    raise _refusal(f'{what}: {error}') from error


def _refusal(why: str) -> ValueError:
  return ValueError(
    f'the optimiser cannot be used under masks: {why}. {_ACCEPTED}'
  )


def _is_reduction(shape: Shape, of: Shape) -> bool:
  """Returns whether `shape` is `of`, up to axes omitted or reduced to 1."""
  axes = iter(of)
  return all(any(n == axis for axis in axes) for n in shape if n != 1)


def _signature(tree: PyTree, kinds: bool = False) -> tuple[Any, ...]:
  """Returns structure and shapes; with `kinds` dtypes, floating ones alike.

  Promotion may widen a floating statistic; `masked_updates` narrows it again.
  """
  leaves, structure = tree_util.tree_flatten(tree)

  def kind(dtype: Any) -> Any:
    return jnp.floating if jnp.issubdtype(dtype, jnp.floating) else dtype

  return structure, [(x.shape, kinds and kind(x.dtype)) for x in leaves]


def _change(before: PyTree, after: PyTree) -> str:
  """Returns ': leaf ... from int32[] to float32[]' of the first change."""
  old, new = paths.flatten(before), paths.flatten(after)
  for path in filter(new.__contains__, old):
    if _signature(old[path], kinds=True) != _signature(new[path], kinds=True):
      types = (f'{x.dtype}{list(x.shape)}' for x in (old[path], new[path]))
      return f': leaf {path!r} from {" to ".join(types)}'
  return ' in structure'


def _is_matrix_op(eqn: jex_core.JaxprEqn) -> bool:
  """Returns whether `eqn` is a decomposition or more than an inner product."""
  if eqn.primitive.name == 'dot_general':
    return any(getattr(var.aval, 'shape', ()) for var in eqn.outvars)
  return eqn.primitive.name in _DECOMPOSITIONS


def _equations(jaxpr: jex_core.Jaxpr) -> Iterator[jex_core.JaxprEqn]:
  """Yields the equations of `jaxpr` and of all jaxprs within."""
  for eqn in jaxpr.eqns:
    yield eqn
    for value in jax.tree.leaves(
      list(eqn.params.values()),
      is_leaf=lambda v: isinstance(v, (jex_core.Jaxpr, jex_core.ClosedJaxpr)),
    ):
      if isinstance(value, jex_core.ClosedJaxpr):
        yield from _equations(value.jaxpr)
      elif isinstance(value, jex_core.Jaxpr):
        yield from _equations(value)
