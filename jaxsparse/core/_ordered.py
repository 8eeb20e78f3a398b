"""Total orders as uint32 keys.

Scores become keys that compare as integers, alike on every backend; positions
become keys that decrease along the flat order. `put_first` encodes `where` in
the keys of scores. Keys, or the positions of equal keys, that reach a threshold
are counted here too.
"""

import math
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import DTypeLike

# Room above for a threshold that no key reaches, also after its rounding.
HIGHEST_KEY = np.uint32(0xFFFFFFFD)
LOWEST_KEY = np.uint32(0)
MOST = int(HIGHEST_KEY)

_SIGN = np.uint32(0x80000000)
_MAGNITUDE = np.uint32(0x7FFFFFFF)
_LEAST_NORMAL = np.uint32(0x00800000)
_INFINITY = np.uint32(0x7F800000)
_NAN_KEY = np.uint32(1)

# `(keys, thresholds [T], tied) -> counts`, uint32 [T].
Count = Callable[[Sequence[Array], Array, Array], Array]


@jax.jit
def score_keys(scores: Array) -> Array:
  """Returns keys above 0 that order like the canonical scores, NaN lowest.

  By bits throughout: how floats compare with subnormals is up to the backend.
  """
  bits = lax.bitcast_convert_type(scores.astype(jnp.float32), jnp.uint32)
  magnitude = bits & _MAGNITUDE
  bits = jnp.where(magnitude < _LEAST_NORMAL, np.uint32(0), bits)
  keys = jnp.where(bits >= _SIGN, ~bits, bits | _SIGN)
  return jnp.where(magnitude > _INFINITY, _NAN_KEY, keys)


@jax.jit
def put_first(keys: Array, where: Array, all_in: Array) -> Array:
  """Returns keys whose k largest are those where `where` is True, then others.

  One key cannot rank both kinds, but k asks for one only: either the others
  are out and equal, or the True ones are `all_in`.
  """
  all_in = all_in != 0
  rest = jnp.where(all_in, HIGHEST_KEY, LOWEST_KEY)
  return jnp.where(where != all_in, keys, rest)


def place_keys(keys: Sequence[Array]) -> list[Array]:
  """Returns keys that fall from `HIGHEST_KEY` by 1 per entry, in flat order."""
  places, start = [], 0
  for key in keys:
    index = jnp.full(key.shape, start, jnp.uint32)
    for axis in range(key.ndim):
      step = np.uint32(math.prod(key.shape[axis + 1 :]))
      index += lax.broadcasted_iota(jnp.uint32, key.shape, axis) * step
    places.append(HIGHEST_KEY - index)
    start += key.size
  return places


@jax.jit
def count(mask: Array) -> Array:
  """Counts the True entries of a bool array; an int32 scalar."""
  return count_true([mask, ~mask], jnp.int32)[0]


def count_true(
  masks: Sequence[Array], dtype: DTypeLike = jnp.uint32
) -> Sequence[Array]:
  """Counts the True entries of each of two or more bool arrays of one shape.

  One reduction of several operands, all kept by a barrier: XLA for CPU makes
  it a loop in registers, while it writes the operand of a sum to memory.
  """
  counts = lax.reduce(
    [mask.astype(dtype) for mask in masks],
    [np.zeros((), dtype)] * len(masks),
    lambda x, y: [a + b for a, b in zip(x, y, strict=True)],
    tuple(range(masks[0].ndim)),
  )
  return lax.optimization_barrier(counts)


def unstacked(rows: Array) -> list[list[Array]]:
  """Splits a uint32 matrix into scalars, each of which is computed once.

  By one reduction with as many results. XLA for CPU would compile slices, and
  the computation of the matrix, into each of the kernels that read them, and
  the kernels of leaves of equal shape would no longer be the same.
  """
  size, columns = rows.shape
  twice = jnp.broadcast_to(rows.ravel(), (2, rows.size))
  entries = lax.reduce(
    lax.split(twice, [1] * rows.size, axis=1),
    [np.uint32(0)] * rows.size,
    lambda x, y: list(map(jnp.maximum, x, y)),
    (0, 1),
  )
  return [entries[i * columns : (i + 1) * columns] for i in range(size)]


@jax.jit
def keys_reaching(
  keys: Sequence[Array], thresholds: Array, tied: Array
) -> Array:
  """Counts the keys, uint32 of any shapes, that reach the thresholds.

  `tied` is not used.
  """
  del tied
  return jnp.stack(_reached(keys, thresholds))


@jax.jit
def places_reaching(
  keys: Sequence[Array], thresholds: Array, tied: Array
) -> Array:
  """Counts the keys equal to `tied` whose positions reach the thresholds."""
  places = [
    jnp.where(key == tied, place, LOWEST_KEY)
    for key, place in zip(keys, place_keys(keys), strict=True)
  ]
  return jnp.stack(_reached(places, thresholds))


def _reached(keys: Sequence[Array], thresholds: Array) -> list[Array]:
  counts = [count_true([key >= t for t in thresholds]) for key in keys]
  return [sum(c[1:], start=c[0]) for c in zip(*counts, strict=True)]
