"""Groups of units that can change places, and nets whose units do."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import paths, prng
from jaxsparse.core.types import Path, PyTree


class UnitGroup(NamedTuple):
  """Units of which any permutation leaves the outputs of a net as they are.

  Attributes:
    axes: (path, axis) of each leaf that the units are in -> the indices of each
      unit along that axis, int [units, k]: k is 1, or the number of positions
      where a dense layer reads a flattened image.
  """

  axes: dict[tuple[Path, int], np.ndarray]

  @property
  def size(self) -> int:
    """Number of units."""
    return len(next(iter(self.axes.values())))


Groups = tuple[UnitGroup, ...]
# For each group int [units]: the unit of the old net that comes to each place.
Permutations = tuple[np.ndarray, ...]


def permute(groups: Groups, permutations: Permutations, tree: PyTree) -> PyTree:
  """Permutes the units of a net.

  Args:
    groups: of the net, from `unit_groups`.
    permutations: one for each group.
    tree: params, masks or model state, with the paths of the net; leaves that
      hold no units stay as they are, and `None` does.

  Returns:
    The tree with the same values at other places.
  """
  orders = _orders(groups, permutations)

  def one(path: Path, leaf: jax.Array) -> jax.Array | np.ndarray:
    array = np.asarray(leaf)
    for axis in range(array.ndim):
      if (path, axis) in orders:
        array = _taken(array, orders[path, axis], axis)
    return jnp.asarray(array) if isinstance(leaf, jax.Array) else array

  return paths.map_with_path(one, tree)


def random_permutations(groups: Groups, *, key: jax.Array) -> Permutations:
  """Draws a uniformly random permutation of each group.

  Args:
    groups: from `unit_groups`.
    key: a PRNG key.
  """
  return tuple(
    np.asarray(jax.random.permutation(prng.at(key, i), group.size))
    for i, group in enumerate(groups)
  )


def identity(groups: Groups) -> Permutations:
  """Returns the permutations that leave every unit where it is."""
  return tuple(np.arange(group.size) for group in groups)


def _orders(
  groups: Groups, permutations: Sequence[np.ndarray]
) -> dict[tuple[Path, int], list[tuple[np.ndarray, np.ndarray]]]:
  """Returns, by leaf and axis, the indices to write and those to read."""
  orders: dict[tuple[Path, int], list[tuple[np.ndarray, np.ndarray]]] = {}
  for group, permutation in zip(groups, permutations, strict=True):
    for place, indices in group.axes.items():
      orders.setdefault(place, []).append((indices, indices[permutation]))
  return orders


def _taken(
  array: np.ndarray, moves: list[tuple[np.ndarray, np.ndarray]], axis: int
) -> np.ndarray:
  """Returns `array` with the entries along an axis in another order."""
  order = np.arange(array.shape[axis])
  for places, sources in moves:
    order[places] = sources
  return np.take(array, order, axis)
