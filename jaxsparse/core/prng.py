"""Named random streams.

Every key is `at(stream(root, name), step)`: a function of the seed, a name
and the step. No key is split and passed on, so none needs a checkpoint, and a
resumed run draws what an unbroken one would have drawn.
"""

import functools
import math
import zlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.types import PyTree, Shape


def stream(key: jax.Array, name: str) -> jax.Array:
  """Derives the key of the stream `name` ('init', 'masks', 'dropout', ...).

  Raises:
    TypeError: `key` is no PRNG key.
  """
  if not _is_typed_or_raw(key):
    raise TypeError(
      f'key is {key!r}; accepted is a PRNG key, as jax.random.key(0) makes'
    )
  return jax.random.fold_in(key, zlib.crc32(name.encode()))


def at(key: jax.Array, step: int | jax.Array) -> jax.Array:
  """Derives the key of one step of a stream."""
  return jax.random.fold_in(key, step)


def leaf_keys(key: jax.Array, tree: PyTree) -> PyTree:
  """Derives a key for each leaf of `tree` from its path."""
  return paths.map_with_path(lambda path, _: stream(key, path), tree)


@functools.partial(jax.jit, static_argnames='shape')
def uniform(key: jax.Array, shape: Shape) -> jax.Array:
  """Draws float32 from U[0, 1): the numbers of `jax.random.uniform`.

  In one dimension, in which XLA for CPU compiles them several times sooner.
  """
  flat = jax.random.uniform(key, (math.prod(shape),), jnp.float32)
  return flat.reshape(shape)


def is_key(leaf: Any) -> bool:
  """Returns whether an array, or the type of one, is of typed PRNG keys."""
  return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _is_typed_or_raw(value: object) -> bool:
  """Returns whether `value` is a JAX key, typed or raw (`PRNGKey`)."""
  if not isinstance(value, jax.Array | np.ndarray):
    return False
  return is_key(value) or (value.dtype == np.uint32 and value.ndim == 1)
