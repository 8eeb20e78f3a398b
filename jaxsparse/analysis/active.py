"""The active weights of a network as one vector, and back.

Active are the unmasked entries of masked leaves and all entries of exempt
ones: the weights that training may move. Their order is that of the leaves,
then of the entries of each leaf.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.masks import check_masks
from jaxsparse.core.types import Masks, Params, Path

Index = dict[Path, np.ndarray]


def index(params: Params, masks: Masks) -> Index:
  """Returns the positions of the active weights of each leaf.

  Args:
    params: the tree that leads; arrays or `ShapeDtypeStruct`s.
    masks: its masks; `None` leaves are exempt. Concrete, not traced.

  Returns:
    Path -> int32 positions in the flattened leaf, ascending.

  Raises:
    ValueError: masks that do not fit, or nothing is active.
  """
  check_masks(params, masks)
  masked = paths.flatten(jax.device_get(masks))
  positions = {
    path: np.flatnonzero(
      masked[path] if path in masked else np.ones(leaf.shape, bool)
    ).astype(np.int32)
    for path, leaf in paths.flatten(params).items()
  }
  if not any(map(len, positions.values())):
    raise ValueError('no weight is active: nothing to analyse')
  return positions


def gather(leaves: Mapping[Path, jax.Array], at: Index) -> jax.Array:
  """Gathers the active entries of `leaves` in a vector [n], at least float32.

  Args:
    leaves: arrays by path, those of `at` at least.
    at: positions by path; their order is the vector's.
  """
  parts = [leaves[path].reshape(-1)[at[path]] for path in at]
  dtype = jnp.result_type(jnp.float32, *(part.dtype for part in parts))
  return jnp.concatenate([part.astype(dtype) for part in parts])


def scatter(
  vector: jax.Array, leaves: Mapping[Path, jax.Array], at: Index
) -> dict[Path, jax.Array]:
  """Scatters a vector into leaves, as the inverse of `gather`; 0 elsewhere.

  Args:
    vector: [n], in the order of `at`.
    leaves: arrays by path, for shapes and dtypes.
    at: positions by path.
  """
  ends = np.cumsum([len(at[path]) for path in at])[:-1]
  scattered = {}
  for path, part in zip(at, jnp.split(vector, ends), strict=True):
    leaf = leaves[path]
    zeros = jnp.zeros(leaf.size, leaf.dtype)
    flat = zeros.at[at[path]].set(part.astype(leaf.dtype), unique_indices=True)
    scattered[path] = flat.reshape(leaf.shape)
  return scattered
