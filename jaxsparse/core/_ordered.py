"""Total orders as uint32 keys, and the k largest of them.

Scores become keys that compare as integers, alike on every backend; places
become keys that fall along the flat order. Top-k is a search over the former
and, where equal keys straddle k, one over the latter.
"""

import math
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxsparse.core import _search
from jaxsparse.core._search import HIGHEST_KEY, Bracket, Search

MOST = int(HIGHEST_KEY)

_SIGN = np.uint32(0x80000000)
_MAGNITUDE = np.uint32(0x7FFFFFFF)
_LEAST_NORMAL = np.uint32(0x00800000)
_INFINITY = np.uint32(0x7F800000)
_NAN_KEY = np.uint32(1)
_LOWEST_KEY = np.uint32(0)


def score_keys(scores: Array) -> Array:
  """Keys above 0 that compare as the canonical scores do, NaN below all.

  By bits throughout: how floats compare with subnormals is up to the backend.
  """
  bits = lax.bitcast_convert_type(scores.astype(jnp.float32), jnp.uint32)
  magnitude = bits & _MAGNITUDE
  bits = jnp.where(magnitude < _LEAST_NORMAL, np.uint32(0), bits)
  keys = jnp.where(bits >= _SIGN, ~bits, bits | _SIGN)
  return jnp.where(magnitude > _INFINITY, _NAN_KEY, keys)


def put_first(
  keys: Sequence[Array], where: Sequence[Array], k: Array
) -> list[Array]:
  """Keys whose k largest are those where `where` is True, then the others.

  One key cannot rank both groups, but k asks for one only: either the others
  are out and equal, or the True ones are all in.
  """
  eligible = sum(_search.count_true([one, ~one])[0] for one in where)
  all_in = k > eligible
  rest = jnp.where(all_in, HIGHEST_KEY, _LOWEST_KEY)
  return [
    jnp.where(one != all_in, key, rest)
    for key, one in zip(keys, where, strict=True)
  ]


def place_keys(keys: Sequence[Array]) -> list[Array]:
  """Keys that fall from `HIGHEST_KEY` by one an entry, in flat order."""
  places, start = [], 0
  for key in keys:
    index = jnp.full(key.shape, start, jnp.uint32)
    for axis in range(key.ndim):
      step = np.uint32(math.prod(key.shape[axis + 1 :]))
      index += lax.broadcasted_iota(jnp.uint32, key.shape, axis) * step
    places.append(HIGHEST_KEY - index)
    start += key.size
  return places


def select(keys: Sequence[Array], k: Array) -> list[Array]:
  """Masks, shaped like `keys`, of the k largest keys over all the arrays.

  Args:
    keys: uint32 arrays of any shapes, at most `MOST` keys in all, none above
      `HIGHEST_KEY`.
    k: uint32 scalar in [0, number of keys].

  Returns:
    bool arrays with k True in all. Of equal keys the first ones are taken:
    earlier arrays first, then by flat index.
  """
  # Under shard_map a loop may not start from constants and go on to counts of
  # keys that vary over the mesh: so a zero of their type.
  zero = sum((jnp.sum(key) * 0 for key in keys), start=k * 0)
  total = zero + np.uint32(sum(key.size for key in keys))
  search = _on_platform(_search.sampled_interpolation)
  found = search(keys, k, _search.above(np.uint32(0), total))
  return lax.cond(
    found.at_low == k,
    lambda: [key >= found.low for key in keys],
    lambda: _split_ties(keys, k, found),
  )


def _split_ties(keys: Sequence[Array], k: Array, found: Bracket) -> list[Array]:
  """All keys above `found.low`, and the first of those equal to it."""
  order = [
    jnp.where(key == found.low, place, _LOWEST_KEY)
    for key, place in zip(keys, place_keys(keys), strict=True)
  ]
  total = np.uint32(sum(key.size for key in keys))
  places = _search.above(
    HIGHEST_KEY - total + np.uint32(1), found.at_low - found.at_high
  )
  search = _on_platform(_search.interpolation)
  last = search(order, k - found.at_high, places).low
  return [
    (key > found.low) | (place >= last)
    for key, place in zip(keys, order, strict=True)
  ]


def _on_platform(cpu: Search) -> Search:
  def search(keys: Sequence[Array], k: Array, within: Bracket) -> Bracket:
    return lax.platform_dependent(
      keys, k, within, cpu=cpu, default=_search.bisection
    )

  return search
