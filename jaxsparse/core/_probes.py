"""The next thresholds of a search by interpolation."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

_SAMPLE = 256
_SAMPLED_FROM = 1 << 16  # fewer are counted sooner than a sample is sorted
_BELOW_ONE = np.float32(1 - 2.0**-24)


def inside(low: Array, high: Array, surplus: Array, deficit: Array) -> Array:
  """Returns four thresholds between the ends of each bracket.

  Keys inside a bracket are assumed to be evenly spread. The thresholds are the
  k-th largest under that assumption; one on either side of it, at the distance
  of its random error, so that a bracket of N keys shrinks to the order of
  sqrt(N); and the middle, so that no input takes more passes than bisection.

  Args:
    low: uint32 [groups].
    high: above `low` by 2 or more.
    surplus: how many more than k reach `low`, uint32 [groups].
    deficit: how many fewer than k reach `high`, uint32 [groups].

  Returns:
    uint32 [groups, 4].
  """
  surplus = surplus.astype(jnp.float32)[:, None]
  deficit = deficit.astype(jnp.float32)[:, None]
  # All differ by column from here: XLA makes roots and quotients that do not
  # kernels of their own.
  n = jnp.maximum(surplus + deficit, np.array([[1, 1, 1, 2]], np.float32))
  error = jnp.sqrt(surplus * deficit * np.array([[4, 0, 4, 0]], np.float32) / n)
  sides = surplus + error * np.array([[-1, 0, 1, 0]], np.float32)
  sides = jnp.clip(sides, surplus / 2, (surplus + n) / 2)
  sides = jnp.where(np.array([[True, True, True, False]]), sides, n / 2)
  # 1 would round to 2**32, which uint32 does not hold.
  fractions = jnp.minimum(sides / n, _BELOW_ONE)
  width = (high - low)[:, None]
  steps = (fractions * width.astype(jnp.float32)).astype(jnp.uint32)
  return low[:, None] + jnp.clip(steps, 1, width - 1)


def worth_a_sample(groups: Sequence[Sequence[Array]]) -> bool:
  """Returns whether a sample saves more time than it costs.

  It does not for few keys, nor for sharded ones, which it would gather.
  """
  largest = max(map(_size, groups))
  return largest >= _SAMPLED_FROM and not any(map(_is_sharded, groups))


def sampled(groups: Sequence[Sequence[Array]], k: Array) -> Array:
  """Returns thresholds that should bracket the k-th key, from a sorted sample.

  They are the keys three standard errors to either side of k and, for where
  equal keys straddle k, the one at k and the next number.

  Args:
    groups: uint32 keys.
    k: how many of each group shall reach its threshold, uint32 [groups].

  Returns:
    uint32 [groups, 4].
  """
  rising = jnp.sort(jnp.stack([_sample(keys) for keys in groups]))
  totals = np.maximum([_size(keys) for keys in groups], 1).astype(np.float32)
  fraction = (k.astype(jnp.float32) / totals)[:, None]
  variance = fraction * (1 - fraction) * np.array([[9, 0, 0, 9]], np.float32)
  error = jnp.sqrt(_SAMPLE * variance) + 1
  rank = fraction * _SAMPLE + error * np.array([[1, 0, 0, -1]], np.float32)
  rank = jnp.clip(jnp.ceil(rank).astype(jnp.int32), 1, _SAMPLE)
  thresholds = jnp.take_along_axis(
    rising, _SAMPLE - rank, axis=1, mode='promise_in_bounds'
  )
  return thresholds + np.array([[0, 0, 1, 1]], np.uint32)


def _sample(keys: Sequence[Array]) -> Array:
  """Draws 256 keys at a fixed stride, with repeats where there are fewer."""
  # Odd, so that it does not stay in a few columns of a power of two.
  stride = _size(keys) // _SAMPLE | 1
  parts, start = [], 0
  for key in keys:
    parts.append(key.ravel()[-start % stride :: stride])
    start += key.size
  return jnp.resize(jnp.concatenate(parts), (_SAMPLE,))


def _size(keys: Sequence[Array]) -> int:
  return sum(key.size for key in keys)


def _is_sharded(keys: Sequence[Array]) -> bool:
  """Returns whether the type of any of the arrays is sharded."""
  return any(
    axis is not None for key in keys for axis in jax.typeof(key).sharding.spec
  )
