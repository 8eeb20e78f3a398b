"""Named random streams.

Every key is `at(stream(root, name), step)`: a function of the seed, a name
and the step. No key is split and carried, so none needs a checkpoint, and a
resumed run draws what an unbroken one would have drawn.
"""

import zlib

import jax

from jaxsparse.core import paths
from jaxsparse.core.types import PyTree


def stream(key: jax.Array, name: str) -> jax.Array:
  """The key of the stream `name` ('init', 'masks', 'dropout', ...) of `key`."""
  return jax.random.fold_in(key, zlib.crc32(name.encode()))


def at(key: jax.Array, step: int | jax.Array) -> jax.Array:
  """The key of one step of a stream."""
  return jax.random.fold_in(key, step)


def leaf_keys(key: jax.Array, tree: PyTree) -> PyTree:
  """A key for each leaf of `tree`, by path: leaves of one shape differ."""
  return paths.map_with_path(lambda path, _: stream(key, path), tree)
