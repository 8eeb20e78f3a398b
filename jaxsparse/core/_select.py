"""Masks of the k largest keys of each group, by the platform's search."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxsparse.core import _search
from jaxsparse.core._ordered import LOWEST_KEY, place_keys, unstacked


def select(
  groups: Sequence[Sequence[Array]], k: Array, highest: Array
) -> list[list[Array]]:
  """Returns masks of the k largest keys of each group.

  Args:
    groups: uint32 arrays of any shapes, at most `_ordered.MOST` keys in a
      group, none above `HIGHEST_KEY`. Keys of `LOWEST_KEY` are not tied.
    k: for each group how many, in [0, number of keys]; uint32 [groups].
    highest: how many keys are `HIGHEST_KEY`, at most k; uint32 [groups].

  Returns:
    bool arrays shaped like `groups`, with k True in each group. Of equal keys
    the first ones are taken: earlier arrays first, then by flat index.
  """
  # Under shard_map a loop may not start from constants and go on to counts of
  # keys that vary over the mesh: so a zero of their type.
  zero = sum(
    jnp.sum(key, dtype=jnp.uint32) * 0 for keys in groups for key in keys
  )
  bracket = _search_on_platform(groups, k + zero, highest + zero)
  tied = bracket.tied != LOWEST_KEY
  low = jnp.where(tied, bracket.tied, bracket.low)
  end = jnp.where(tied, bracket.low, LOWEST_KEY)
  ends = unstacked(jnp.stack([low, end], axis=1))
  return [
    _taken(keys, *bounds) for keys, bounds in zip(groups, ends, strict=True)
  ]


@jax.jit
def _taken(keys: Sequence[Array], low: Array, end: Array) -> list[Array]:
  """Masks the keys above `low`, and its equals with position keys >= `end`."""
  return [
    (key > low) | ((key == low) & (place >= end))
    for key, place in zip(keys, place_keys(keys), strict=True)
  ]


def _search_on_platform(
  groups: Sequence[Sequence[Array]], k: Array, highest: Array
) -> _search.Bracket:
  return lax.platform_dependent(
    groups, k, highest, cpu=_search.interpolation, default=_search.bisection
  )
