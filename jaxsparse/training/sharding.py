"""The devices of a run, and how its arrays lie on them.

One mesh has the axes `member`, `data` and `model`: runs of a population, parts
of a batch, and parts of the net. One rule (`Layout.spec`) places every array of
a state by its shape, so that weights, their masks and their statistics lie
alike.

Masks are the same on all devices by construction: a device does not compute
masks of its own batch, as a process of other frameworks may, but XLA divides
one program, whose gradient is that of the whole batch, among them.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding, Sharding
from jax.sharding import PartitionSpec as P

from jaxsparse.core.prng import is_key
from jaxsparse.core.types import PyTree
from jaxsparse.training import processes

AXES = ('member', 'data', 'model')


def in_use() -> list[jax.Device]:
  """Returns the devices of all processes; of one that acts alone, its own."""
  return jax.devices() if processes.several() else jax.local_devices()


def make_mesh(member: int = 1, data: int = 1, model: int = 1) -> Mesh:
  """Returns a mesh over the first devices `in_use`.

  Args:
    member: the devices that runs of a group are spread over.
    data: the parts of a batch.
    model: the parts of a kernel.

  Raises:
    ValueError: there are fewer devices, or other processes' are left out.
  """
  size, devices = member * data * model, in_use()
  several = processes.several()
  if size > len(devices) or (several and size < len(devices)):
    accepted = f'{len(devices)}' if several else f'at most {len(devices)}'
    raise ValueError(
      f'a mesh of data {data} and model {model} has {size} devices; accepted'
      f' are {accepted}, as there are'
    )
  return jax.make_mesh(
    (member, data, model),
    AXES,
    axis_types=(AxisType.Auto,) * len(AXES),
    devices=devices[:size],
  )


class Layout(NamedTuple):
  """The mesh of one run, and the rule by which its arrays lie on it.

  Attributes:
    mesh: from `make_mesh`, with one `member`.
    shard_params: whether weights, masks and statistics are divided over `data`
      too, for nets that do not fit on a device.
  """

  mesh: Mesh
  shard_params: bool = False

  def spec(self, shape: tuple[int, ...]) -> P:
    """Returns how an array of the state is divided, by its shape.

    The last axis of a kernel is divided over `model`. With `shard_params` the
    longest other axis is divided over `data`. An axis that does not divide
    evenly stays whole.
    """
    sizes = self.mesh.shape
    axes: list[str | None] = [None] * len(shape)
    if len(shape) > 1 and sizes['model'] > 1 and not shape[-1] % sizes['model']:
      axes[-1] = 'model'
    if self.shard_params and sizes['data'] > 1:
      fits = [
        i
        for i, n in enumerate(shape)
        if n and axes[i] is None and not n % sizes['data']
      ]
      if fits:
        axes[max(fits, key=lambda i: shape[i])] = 'data'
    return P(*axes)

  def shardings(self, tree: PyTree) -> PyTree:
    """Returns the sharding of each leaf of a state."""
    return jax.tree.map(
      lambda leaf: NamedSharding(
        self.mesh, P() if is_key(leaf) else self.spec(leaf.shape)
      ),
      tree,
    )

  def abstract(self, tree: PyTree) -> PyTree:
    """Returns abstract leaves with their shardings, to restore."""
    return jax.tree.map(
      lambda leaf, sharding: jax.ShapeDtypeStruct(
        leaf.shape, leaf.dtype, sharding=sharding
      ),
      tree,
      self.shardings(tree),
    )

  def place(self, tree: PyTree) -> PyTree:
    """Puts the leaves of a state where they belong."""
    return jax.tree.map(put, tree, self.shardings(tree))

  def replicate(self, tree: PyTree) -> PyTree:
    """Puts all of `tree` on each device."""
    whole = NamedSharding(self.mesh, P())
    return jax.tree.map(lambda leaf: put(leaf, whole), tree)

  def constrain(self, tree: PyTree) -> PyTree:
    """Makes a program leave the leaves of a state where they belong."""
    return jax.lax.with_sharding_constraint(tree, self.shardings(tree))

  def rows(self, indices: np.ndarray) -> jax.Array:
    """Divides the last axis of indices over `data`; whole if it cannot be."""
    even = not indices.shape[-1] % self.mesh.shape['data']
    axes = [None] * (indices.ndim - 1) + ['data' if even else None]
    return put(indices, NamedSharding(self.mesh, P(*axes)))

  def part(self, batch_size: int) -> slice:
    """Returns the examples of a batch that this process must read."""
    where = self._by_example.addressable_devices_indices_map((batch_size,))
    parts = [_range(index, batch_size) for index in where.values()]
    return slice(min(p.start for p in parts), max(p.stop for p in parts))

  def batch(self, examples: PyTree, batch_size: int) -> PyTree:
    """Puts a batch on the devices.

    Args:
      examples: arrays on the host, of those of `part` alone.
      batch_size: of all processes together.
    """
    begin = self.part(batch_size).start

    def shard(leaf: np.ndarray, index: Any) -> np.ndarray:
      rows = _range(index, batch_size)
      return leaf[rows.start - begin : rows.stop - begin]

    return jax.tree.map(
      lambda leaf: jax.make_array_from_callback(
        (batch_size, *leaf.shape[1:]),
        self._by_example,
        lambda index: shard(leaf, index),
      ),
      examples,
    )

  @property
  def _by_example(self) -> NamedSharding:
    return NamedSharding(self.mesh, P('data'))

  def divide(self, batch: PyTree) -> PyTree:
    """Makes a program divide the examples of a batch over `data`."""
    return jax.lax.with_sharding_constraint(batch, self._by_example)


def _range(index: Any, size: int) -> slice:
  """Returns the rows of a shard, from its index, with both ends."""
  begin, end, _ = index[0].indices(size)
  return slice(begin, end)


def put(leaf: Any, sharding: Sharding) -> jax.Array:
  """Puts an array on the devices of a sharding, of other processes too.

  Args:
    leaf: an array that spans them already, or one that every process has.
    sharding: of the result.
  """
  local = not isinstance(leaf, jax.Array) or leaf.is_fully_addressable
  if jax.process_count() == 1 or not local:
    return jax.device_put(leaf, sharding)
  if is_key(leaf):
    data = put(jax.random.key_data(leaf), sharding)
    return jax.random.wrap_key_data(data, impl=jax.random.key_impl(leaf))
  host = np.asarray(leaf)
  return jax.make_array_from_callback(
    host.shape, sharding, lambda index: host[index]
  )


def fetch(tree: PyTree) -> PyTree:
  """Copies arrays to the host; what is divided over processes is gathered.

  All processes must call it.
  """
  if jax.process_count() == 1:
    return jax.device_get(tree)

  def one(leaf: Any) -> np.ndarray:
    if isinstance(leaf, jax.Array) and not (
      leaf.is_fully_addressable or leaf.is_fully_replicated
    ):
      leaf = multihost_utils.process_allgather(leaf, tiled=True)
    return np.asarray(leaf)

  return jax.tree.map(one, tree)


def from_first(tree: PyTree) -> PyTree:
  """Returns the arrays that the first process has, where each has its own.

  Args:
    tree: arrays; those that span processes already stay.
  """
  if not processes.several():
    return tree

  def one(leaf: Any) -> Any:
    if isinstance(leaf, jax.Array) and not leaf.is_fully_addressable:
      return leaf
    if is_key(leaf):
      data = one(jax.random.key_data(leaf))
      return jax.random.wrap_key_data(data, impl=jax.random.key_impl(leaf))
    return multihost_utils.broadcast_one_to_all(leaf)

  return jax.tree.map(one, tree)


def everywhere() -> Sharding:
  """Returns the sharding of what is read: on the default device.

  Where there are several processes, it is whole on each of their devices.
  """
  layout = spread()
  if layout is None:
    return jnp.zeros(()).sharding
  return NamedSharding(layout.mesh, P())


class Devices(NamedTuple):
  """The devices that a run asks for.

  Attributes:
    data: parts of a batch; `None` for all devices, but on CPU for one, unless
      there are several processes.
    model: parts of a kernel.
    shard_params: as of `Layout`.
  """

  data: int | None = None
  model: int = 1
  shard_params: bool = False


DEFAULT = Devices()


def layout(
  devices: Devices, batch_size: int, accumulation: int = 1
) -> Layout | None:
  """Returns the layout of a run; `None` for one on the default device.

  Args:
    devices: asked for.
    batch_size: examples of a step.
    accumulation: the parts that a batch is computed in; divides it.

  Raises:
    ValueError: there are fewer devices, they do not divide the batch, or
      devices of a process are left out.
  """
  several = processes.several()
  data, part = devices.data, batch_size // accumulation
  if data is None:
    on_all = several or jax.default_backend() != 'cpu'
    data = len(in_use()) // devices.model if on_all else 1
    if on_all and not several:
      data = math.gcd(data, part)
  if data < 1 or devices.model < 1:
    raise ValueError(
      f'devices: got data {data}, model {devices.model}; accepted are whole'
      ' numbers from 1'
    )
  if part % data:
    parts = f' in {accumulation} parts' if accumulation > 1 else ''
    raise ValueError(
      f'config.batch_size: got {batch_size}{parts}; accepted is a multiple of'
      f' {data * accumulation}: {data} devices share each batch'
    )
  if data * devices.model == 1 and not several:
    return None
  mesh = make_mesh(data=data, model=devices.model)
  return Layout(mesh, devices.shard_params)


def check(devices: Devices, batch_size: int, accumulation: int = 1) -> None:
  """Raises the errors of `layout`, for a run that all processes will train."""
  with processes.acting(alone=False):
    layout(devices, batch_size, accumulation)


def spread() -> Layout | None:
  """Returns a layout over all devices of several processes, else `None`.

  For runs that are trained together, of which each device has a whole copy.
  """
  if not processes.several():
    return None
  return Layout(make_mesh(data=jax.device_count()))
