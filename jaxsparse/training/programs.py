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
without communicating with the others. With a layout a program takes one run,
whose batch and state are divided over the devices.
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
from jaxsparse.training.sharding import Layout, fetch
from jaxsparse.training.state import Member, Recipe, TrainState
from jaxsparse.training.step import Metrics, Step, mask_update_step, train_step

BatchOf = Callable[[PyTree, jax.Array], PyTree]
# A step that takes the indices of its batch, int32 [batch].
Single = Callable[
  [TrainState, Member, PyTree, jax.Array], tuple[TrainState, Metrics]
]

# Puts indices on the devices of a run.
Rows = Callable[[np.ndarray], Any]

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
  layout: Layout | None = None,
) -> Programs:
  """Builds the programs.

  Args:
    recipe: the run's functions.
    batch_of: `(data, indices [batch]) -> batch`, part of the program; `data`
      is resident on the device and passed as an argument.
    dispatch: 'scan' or 'step'.
    chunk: the most steps of one call of `advance` under 'scan'.
    mesh: for programs that take all members at once; their number is a
      multiple of its size.
    layout: of one run over several devices.
  """
  rows = np.asarray if layout is None else layout.rows
  train = _single(train_step(recipe), batch_of, mesh, layout)
  masks = _single(mask_update_step(recipe), batch_of, mesh, layout)
  looped = dispatch == 'scan'
  steps = _loop(train, chunk) if looped else train
  advance = _compiled(steps, mesh, looped=looped)
  update = _compiled(masks, mesh, looped=False)

  def ahead(threads, state, member, data, batch_size, masks):
    row = rows(np.zeros(batch_size, np.int32))
    several = rows(np.zeros((chunk, batch_size), np.int32)), np.int32(0)
    arguments = state, member, data
    advance.ahead(threads, *arguments, *(several if looped else (row,)))
    if masks:
      update.ahead(threads, *arguments, row)

  return Programs(
    _scanned(advance, chunk, rows) if looped else _stepped(advance, rows),
    _updated(update, rows),
    dispatch,
    ahead,
  )


def choose_dispatch(step: Callable[..., Any], *abstract_args: Any) -> str:
  """Returns 'step' for a net with convolutions on CPU, else 'scan'."""
  return 'step' if jaxprs.slow_in_loops(step, *abstract_args) else 'scan'


def _single(
  step: Step, batch_of: BatchOf, mesh: Mesh | None, layout: Layout | None
) -> Single:
  def single(
    state: TrainState, member: Member, data: PyTree, indices: jax.Array
  ) -> tuple[TrainState, Metrics]:
    batch = batch_of(data, indices)
    if layout is None:
      return step(state, member, batch)
    state, metrics = step(state, member, layout.divide(batch))
    return layout.constrain(state), metrics

  return single if mesh is None else jax.vmap(single, (0, 0, None, 0))


def _compiled(
  fn: Callable[..., Any], mesh: Mesh | None, *, looped: bool
) -> Program:
  """Jits `fn`; over a mesh, each device runs it on its members."""
  if mesh is not None:
    by_member, along = P('member'), P(None, 'member')
    rows, length = (along, (P(),)) if looped else (by_member, ())
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


def _updated(compiled: Program, rows: Rows):
  def run(state, member, data, indices):
    row = rows(indices[0])
    state, metrics = compiled(state, member, next(each(data)), row)
    metrics = fetch(metrics)
    trees = {name: metrics.pop(name) for name in _TREES}
    return state, {k: np.asarray([v]) for k, v in metrics.items()} | trees

  return run


def _stepped(compiled: Program, rows: Rows):
  def run(state, member, data, indices):
    steps = []
    for row, part in zip(indices, each(data), strict=False):
      state, metrics = compiled(state, member, part, rows(row))
      steps.append(metrics)
      keep_up(data, steps)
    steps = fetch(steps)
    return state, {k: np.asarray([s[k] for s in steps]) for k in steps[0]}

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


def _scanned(compiled: Program, chunk: int, rows: Rows):
  def run(state, member, data, indices):
    length = len(indices)
    padded = np.zeros((chunk, *indices.shape[1:]), np.int32)
    padded[:length] = indices
    state, steps = compiled(state, member, data, rows(padded), np.int32(length))
    return state, {k: v[:length] for k, v in fetch(steps).items()}

  return run
