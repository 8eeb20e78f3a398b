"""All runs of a group at once: stacked, vmapped, and sharded over the devices.

Results are close to those of a run alone, but not to the bit: XLA's order of
a sum depends on the number of runs that a device holds. A resumed run gets the
same bits as long as runs and devices stay the same in number.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, Sharding
from jax.sharding import PartitionSpec as P

from jaxsparse.core.prng import is_key
from jaxsparse.core.types import PyTree
from jaxsparse.training.executors import Batches, Kind, Rows
from jaxsparse.training.programs import Programs
from jaxsparse.training.sharding import (
  Layout,
  everywhere,
  fetch,
  in_use,
  make_mesh,
  put,
)
from jaxsparse.training.state import Member, TrainState


def member_mesh() -> Mesh:
  """Returns a mesh of all devices along the axis `member`."""
  return make_mesh(member=len(in_use()))


class Vmapped:
  """An `executors.Executor` that advances all runs together.

  Their number is padded to a multiple of the devices by repeating the last.
  The slot of a run that is no longer alive computes on, and is not read: its
  state is kept apart.

  Args:
    programs: for all runs, over `mesh`.
    states: one a run.
    members: the hyperparameters, one a run.
    mesh: see `member_mesh`.
    data: resident arrays, passed to the programs.
    batches: the batches of a run.
  """

  def __init__(
    self,
    programs: Programs,
    states: Sequence[TrainState],
    members: Sequence[Member],
    *,
    mesh: Mesh,
    data: PyTree,
    batches: Batches,
  ):
    self._programs = programs
    self._size = len(states)
    self._padding = -len(states) % mesh.size
    sharding = NamedSharding(mesh, P('member'))
    self._states = self._stacked(states, sharding)
    self._members = self._stacked(members, sharding)
    self._data = Layout(mesh).replicate(data)
    self._home = everywhere()
    self._batches = batches
    self._copy: PyTree | None = None
    self._replaced: dict[int, TrainState] = {}

  def __len__(self) -> int:
    return self._size

  def advance(
    self, kind: Kind, alive: Sequence[int], begin: int, end: int
  ) -> list[Rows]:
    for i in set(range(self._size)) - {*alive, *self._replaced}:
      self._replaced[i] = self.state(i)
    indices = self._padded(
      [self._batches(i, begin, end) for i in range(self._size)]
    )
    self._copy = None
    self._states, rows = getattr(self._programs, kind)(
      self._states, self._members, self._data, np.stack(indices, axis=1)
    )
    # The axis of members is the last one: after that of steps, if any.
    return [jax.tree.map(lambda x, i=i: x[..., i], rows) for i in alive]

  def state(self, i: int) -> TrainState:
    if i in self._replaced:
      return self._replaced[i]
    if self._copy is None:
      # All of it: to index a sharded array is a program by itself, and many of
      # those in flight have locked each other up.
      self._copy = jax.tree.map(_to_host, self._states)
    return jax.tree.map(
      lambda like, x: put(_as_like(like, x[i]), self._home),
      self._states,
      self._copy,
    )

  def replace(self, i: int, state: TrainState) -> None:
    self._replaced[i] = state

  def _padded(self, items: Sequence[Any]) -> list[Any]:
    return [*items, *[items[-1]] * self._padding]

  def _stacked(self, trees: Sequence[PyTree], sharding: Sharding) -> PyTree:
    def stack(*leaves: Any) -> jax.Array:
      stacked = np.stack([_to_host(leaf) for leaf in leaves])
      return put(_as_like(leaves[0], stacked), sharding)

    return jax.tree.map(stack, *self._padded(trees))


def _to_host(leaf: Any) -> np.ndarray:
  """Copies: on CPU NumPy would read a buffer that is about to be freed."""
  return np.array(fetch(jax.random.key_data(leaf) if is_key(leaf) else leaf))


def _as_like(like: Any, host: np.ndarray) -> Any:
  """Makes key data a key of the kind of `like`; returns other arrays as is."""
  if not is_key(like):
    return host
  return jax.random.wrap_key_data(
    jnp.asarray(host), impl=jax.random.key_impl(like)
  )
