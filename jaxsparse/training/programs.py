"""The compiled programs of a run, one of each kind.

`advance` carries train steps, `update_masks` a mask step; which is called is
the host's choice, so no program holds a cond. Two forms of dispatch:

- `scan`: one loop of traced length on the device, over indices into the
  resident data. Quick for nets of matrix products.
- `step`: one dispatch a step. XLA's CPU convolutions are several times slower
  inside a loop, so nets with convolutions take this form on CPU.

The two differ in the last bits; a run uses one throughout.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Jaxpr, jaxprs_in_params

from jaxsparse.core.types import PyTree
from jaxsparse.training.state import Member, TrainState
from jaxsparse.training.step import (
  Metrics,
  Recipe,
  Step,
  mask_update_step,
  train_step,
)

BatchOf = Callable[[PyTree, jax.Array], PyTree]


class Programs(NamedTuple):
  """Compiled on first use; the state they are given is donated.

  Attributes:
    advance: `(state, member, data, indices) -> (state, metrics)`, `indices`
      int32 `[steps, batch]` on the host, metrics numpy arrays `[steps]`.
    update_masks: the same for one mask step, `indices` `[1, batch]`; metrics
      have `churn` too.
    dispatch: 'scan' or 'step'.
  """

  advance: Callable[..., tuple[TrainState, dict[str, np.ndarray]]]
  update_masks: Callable[..., tuple[TrainState, dict[str, Any]]]
  dispatch: str


def make_programs(
  recipe: Recipe, batch_of: BatchOf, *, dispatch: str, chunk: int
) -> Programs:
  """Builds the programs.

  Args:
    recipe: the run's functions.
    batch_of: `(data, indices [batch]) -> batch`, part of the program; `data`
      is resident on the device and passed as an argument.
    dispatch: 'scan' or 'step'.
    chunk: the most steps that `advance` is asked for under 'scan'.
  """
  advance = (
    _scanned(train_step(recipe), batch_of, chunk)
    if dispatch == 'scan'
    else _stepped(train_step(recipe), batch_of)
  )
  return Programs(
    advance, _single(mask_update_step(recipe), batch_of), dispatch
  )


def choose_dispatch(step: Callable[..., Any], *abstract_args: Any) -> str:
  """'step' for a net with convolutions on CPU, else 'scan'."""
  if jax.default_backend() != 'cpu':
    return 'scan'
  jaxpr = jax.make_jaxpr(step)(*abstract_args)
  return 'step' if _has_convolution(jaxpr.jaxpr) else 'scan'


def _has_convolution(jaxpr: Jaxpr) -> bool:
  return any(
    eqn.primitive.name == 'conv_general_dilated'
    or any(_has_convolution(j) for j in jaxprs_in_params(eqn.params))
    for eqn in jaxpr.eqns
  )


def _jit_single(step: Step, batch_of: BatchOf):
  def single(
    state: TrainState, member: Member, data: PyTree, indices: jax.Array
  ) -> tuple[TrainState, Metrics]:
    return step(state, member, batch_of(data, indices))

  return jax.jit(single, donate_argnums=0)


def _single(step: Step, batch_of: BatchOf):
  single = _jit_single(step, batch_of)

  def run(state, member, data, indices):
    state, metrics = single(state, member, data, indices[0])
    metrics = jax.device_get(metrics)
    rows = {k: np.asarray([v]) for k, v in metrics.items() if k != 'churn'}
    return state, rows | {'churn': metrics['churn']}

  return run


def _stepped(step: Step, batch_of: BatchOf):
  single = _jit_single(step, batch_of)

  def run(state, member, data, indices):
    rows = []
    for row in indices:
      state, metrics = single(state, member, data, row)
      rows.append(metrics)
    rows = jax.device_get(rows)
    return state, {k: np.asarray([r[k] for r in rows]) for k in rows[0]}

  return run


def _scanned(step: Step, batch_of: BatchOf, chunk: int):
  def loop(state, member, data, indices, length):
    def body(i, carry):
      state, rows = carry
      state, metrics = step(state, member, batch_of(data, indices[i]))
      rows = {k: rows[k].at[i].set(v) for k, v in metrics.items()}
      return state, rows

    _, shapes = jax.eval_shape(
      step, state, member, jax.eval_shape(batch_of, data, indices[0])
    )
    rows = {k: jnp.zeros((chunk, *v.shape), v.dtype) for k, v in shapes.items()}
    return jax.lax.fori_loop(0, length, body, (state, rows))

  compiled = jax.jit(loop, donate_argnums=0)

  def run(state, member, data, indices):
    length = len(indices)
    padded = np.zeros((chunk, indices.shape[1]), np.int32)
    padded[:length] = indices
    state, rows = compiled(state, member, data, padded, np.int32(length))
    return state, {k: v[:length] for k, v in jax.device_get(rows).items()}

  return run
