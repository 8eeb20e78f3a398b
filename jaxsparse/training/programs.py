"""The compiled programs of a run, one of each kind.

`advance` runs train steps, `update_masks` a mask step; which is called is
the host's choice, so no program holds a cond. Two forms of dispatch:

- `scan`: one loop of traced length on the device, over indices into the
  resident data. Quick for nets of matrix products.
- `step`: one dispatch a step. XLA's CPU convolutions are several times slower
  inside a loop, so nets with convolutions take this form on CPU.

The two differ in the last bits; a run uses one throughout.

Over a mesh a program takes all members at once, each leaf with a leading axis
of members. The vmap is inside the loop, and each device computes its members
without communicating with the others.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from jaxsparse.core import jaxprs
from jaxsparse.core.types import PyTree
from jaxsparse.training.ahead import Program
from jaxsparse.training.parts import each, keep_up
from jaxsparse.training.state import Member, Recipe, TrainState
from jaxsparse.training.step import Metrics, Step, mask_update_step, train_step

BatchOf = Callable[[PyTree, jax.Array], PyTree]
# A step that takes the indices of its batch, int32 [batch].
Single = Callable[
  [TrainState, Member, PyTree, jax.Array], tuple[TrainState, Metrics]
]

# Metrics of a mask step that are trees.
_TREES = ('churn', 'layer_active')


class Programs(NamedTuple):
  """The programs, compiled on first use or ahead; the state is donated.

  Attributes:
    advance: `(state, member, data, indices) -> (state, metrics)`, `indices`
      int32 `[steps, batch]` on the host, metrics numpy arrays `[steps]`.
      Under 'step', `data` may be `Parts`, one a step.
    update_masks: the same for one mask step, `indices` `[1, batch]`; metrics
      have `churn` and `layer_active` too, trees without an axis of steps.
    dispatch: 'scan' or 'step'.
    ahead: `(threads, state, member, data, batch_size, masks)`: compiles
      `advance`, and if `masks` also `update_masks`, in threads; `state` is
      abstract, see `training.ahead`.

  Over a mesh, state and member have a leading axis `[members]`, `indices` are
  `[steps, members, batch]`, metrics `[steps, members]` and trees `[members]`.
  """

  advance: Callable[..., tuple[TrainState, dict[str, np.ndarray]]]
  update_masks: Callable[..., tuple[TrainState, dict[str, Any]]]
  dispatch: str
  ahead: Callable[..., None] = lambda *_: None


def make_programs(
  recipe: Recipe,
  batch_of: BatchOf,
  *,
  dispatch: str,
  chunk: int,
  mesh: Mesh | None = None,
) -> Programs:
  """Builds the programs.

  Args:
    recipe: the run's functions.
    batch_of: `(data, indices [batch]) -> batch`, part of the program; `data`
      is resident on the device and passed as an argument.
    dispatch: 'scan' or 'step'.
    chunk: the most steps of one call of `advance` under 'scan'.
    mesh: of one axis, for programs that take all members at once; their
      number is a multiple of its size.
  """
  train = _single(train_step(recipe), batch_of, mesh)
  masks = _single(mask_update_step(recipe), batch_of, mesh)
  looped = dispatch == 'scan'
  steps = _loop(train, chunk) if looped else train
  advance = _compiled(steps, mesh, looped=looped)
  update = _compiled(masks, mesh, looped=False)

  def ahead(threads, state, member, data, batch_size, masks):
    row = np.zeros(batch_size, np.int32)
    rows = np.zeros((chunk, batch_size), np.int32), np.int32(0)
    arguments = state, member, data
    advance.ahead(threads, *arguments, *(rows if looped else (row,)))
    if masks:
      update.ahead(threads, *arguments, row)

  return Programs(
    _scanned(advance, chunk) if looped else _stepped(advance),
    _updated(update),
    dispatch,
    ahead,
  )


def choose_dispatch(step: Callable[..., Any], *abstract_args: Any) -> str:
  """Returns 'step' for a net with convolutions on CPU, else 'scan'."""
  return 'step' if jaxprs.slow_in_loops(step, *abstract_args) else 'scan'


def _single(step: Step, batch_of: BatchOf, mesh: Mesh | None) -> Single:
  def single(
    state: TrainState, member: Member, data: PyTree, indices: jax.Array
  ) -> tuple[TrainState, Metrics]:
    return step(state, member, batch_of(data, indices))

  return single if mesh is None else jax.vmap(single, (0, 0, None, 0))


def _compiled(
  fn: Callable[..., Any], mesh: Mesh | None, *, looped: bool
) -> Program:
  """Jits `fn`; over a mesh, each device runs it on its members."""
  if mesh is not None:
    (axis,) = mesh.axis_names
    by_member = P(axis)
    rows, length = (P(None, axis), (P(),)) if looped else (by_member, ())
    # The zeros that a loop fills in do not vary over the mesh, which the check
    # of `check_vma` would refuse.
    fn = jax.shard_map(
      fn,
      mesh=mesh,
      in_specs=(by_member, by_member, P(), rows, *length),
      out_specs=(by_member, rows),
      check_vma=False,
    )
  return Program(fn, donate_argnums=0)


def _updated(compiled: Program):
  def run(state, member, data, indices):
    state, metrics = compiled(state, member, next(each(data)), indices[0])
    metrics = jax.device_get(metrics)
    trees = {name: metrics.pop(name) for name in _TREES}
    return state, {k: np.asarray([v]) for k, v in metrics.items()} | trees

  return run


def _stepped(compiled: Program):
  def run(state, member, data, indices):
    rows = []
    for row, part in zip(indices, each(data), strict=False):
      state, metrics = compiled(state, member, part, row)
      rows.append(metrics)
      keep_up(data, rows)
    rows = jax.device_get(rows)
    return state, {k: np.asarray([r[k] for r in rows]) for k in rows[0]}

  return run


def _loop(single: Single, chunk: int):
  def loop(state, member, data, indices, length):
    def body(i, carry):
      state, rows = carry
      state, metrics = single(state, member, data, indices[i])
      rows = {k: rows[k].at[i].set(v) for k, v in metrics.items()}
      return state, rows

    _, shapes = jax.eval_shape(single, state, member, data, indices[0])
    rows = {k: jnp.zeros((chunk, *v.shape), v.dtype) for k, v in shapes.items()}
    return jax.lax.fori_loop(0, length, body, (state, rows))

  return loop


def _scanned(compiled: Program, chunk: int):
  def run(state, member, data, indices):
    length = len(indices)
    padded = np.zeros((chunk, *indices.shape[1:]), np.int32)
    padded[:length] = indices
    state, rows = compiled(state, member, data, padded, np.int32(length))
    return state, {k: v[:length] for k, v in jax.device_get(rows).items()}

  return run
