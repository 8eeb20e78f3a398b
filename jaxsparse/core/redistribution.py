"""Mask updates that move active weights from layer to layer.

Each leaf drops its weights of lowest score, as in `drop_grow`; the number that
all leaves dropped together is then redistributed over the leaves, in proportion
to a weighting of each. The sum of active weights is constant, exactly.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxsparse.core import paths
from jaxsparse.core.align import aligned
from jaxsparse.core.drop_grow import keep_highest
from jaxsparse.core.masks import active, check_sizes, map_masks
from jaxsparse.core.topk import topk_masks_by_leaf
from jaxsparse.core.types import Masks, PyTree, Scalar, Scores

# Below any share that is not 0: such leaves get the overflow of the others.
_LEAST = np.float32(2.0**-40)


def apportion(total: Array, shares: Array, room: Array) -> Array:
  """Divides `total` into integers in proportion to `shares`, up to `room`.

  Webster's method with caps: min(room_i, round(x shares_i)), with the x that
  makes the sum `total`; where the last few come at one x, lower indices come
  first. The overflow of a full leaf goes to the others in proportion to their
  shares, and to those of share 0, alike, when all others are full.

  Args:
    total: int32 scalar in [0, sum of `room`]; may be traced.
    shares: float32 `[n]`, not below 0, on any scale. Where none is above 0, or
      one is not finite, they count as equal.
    room: int32 `[n]`, the most that each can take. Their sum is below 2^31.

  Returns:
    int32 `[n]` in [0, room], whose sum is `total` exactly.
  """
  highest = jnp.max(shares)
  usable = jnp.all(jnp.isfinite(shares)) & (highest > 0)
  scaled = shares / jnp.where(usable, highest, 1.0)
  scaled = jnp.where(usable, jnp.maximum(scaled, _LEAST), 1.0)

  def parts(bits: Array) -> Array:
    level = jax.lax.bitcast_convert_type(bits, jnp.float32)
    rounded = jnp.floor(level * scaled + np.float32(0.5))
    enough = rounded >= room.astype(jnp.float32)
    return jnp.where(enough, room, rounded.astype(jnp.int32))

  def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
    low, high = ends
    middle = low + (high - low) // 2
    fits = jnp.sum(parts(middle), dtype=jnp.int32) <= total
    return jnp.where(fits, middle, low), jnp.where(fits, high, middle)

  # Floats above 0 are ordered as their bits are.
  ends = (jnp.int32(0), _bits(np.float32(2.0**100)))
  low, high = jax.lax.fori_loop(0, 31, halve, ends)
  below, above = parts(low), parts(high)
  return below + _in_order(
    total - jnp.sum(below, dtype=jnp.int32), above - below
  )


def _bits(level: np.float32) -> Array:
  return jnp.int32(level.view(np.int32))


def _in_order(total: Array, room: Array) -> Array:
  """Distributes `total` over the entries in order, up to the room of each."""
  before = jnp.cumsum(room, dtype=jnp.int32) - room
  return jnp.clip(total - before, 0, room)


def mean_of_active(tree: PyTree, masks: Masks) -> PyTree:
  """Computes the mean of |x| over the active weights of each leaf of `tree`.

  Args:
    tree: leaves shaped like the masks: a gradient, a momentum.
    masks: bool leaves, `None` where exempt.

  Returns:
    Float32 scalars, 0 where no weight is active; `None` where exempt.
  """

  def one(leaf: Array, mask: Array) -> Array:
    size = jnp.abs(leaf).astype(jnp.float32)
    active = jnp.sum(mask, dtype=jnp.float32)
    return jnp.sum(jnp.where(mask, size, 0.0)) / jnp.maximum(active, 1.0)

  return map_masks(one, tree, masks)


def drop_and_grow_shared(
  masks: Masks,
  drop_scores: Scores,
  grow_scores: Scores,
  drop_fraction: Scalar,
  shares: PyTree,
) -> Masks:
  """Drops and grows weights, redistributing the dropped number over leaves.

  Args:
    masks: bool leaves, `None` where exempt.
    drop_scores: shaped like the masks; lowest dropped first.
    grow_scores: shaped like the masks; highest grown first.
    drop_fraction: of the active weights of each leaf, in [0, 1].
    shares: of each leaf in the growth: float32 scalars, see `apportion`;
      `None` where exempt.

  Returns:
    New masks with as many active weights in all.
  """
  remaining = keep_highest(masks, drop_scores, active(masks), drop_fraction)
  return grow_shared(masks, remaining, grow_scores, shares)


def grow_shared(
  masks: Masks, kept: Masks, grow_scores: Scores, shares: PyTree
) -> Masks:
  """Grows, over all leaves, as many weights as `masks` has more than `kept`.

  Args:
    masks: bool leaves, `None` where exempt.
    kept: subsets of them.
    grow_scores: shaped like the masks; highest grown first, where nothing was
      kept.
    shares: as for `drop_and_grow_shared`.

  Raises:
    ValueError: there are more weights in all than an int32 counts.
  """
  if not jax.tree.leaves(masks):
    return masks
  shapes = {path: mask.shape for path, mask in paths.flatten(masks).items()}
  check_sizes(shapes, together=True)

  def stack(tree: PyTree) -> Array:
    return jnp.stack(aligned(masks, tree))

  still = stack(active(kept))
  sizes = jnp.array([leaf.size for leaf in jax.tree.leaves(masks)], jnp.int32)
  grown = apportion(
    jnp.sum(stack(active(masks)) - still, dtype=jnp.int32),
    stack(shares),
    sizes - still,
  )
  structure = jax.tree.structure(masks)
  # All that were kept, and the number that each leaf grows.
  return topk_masks_by_leaf(
    grow_scores,
    jax.tree.unflatten(structure, list(still + grown)),
    where=kept,
    eligible=jax.tree.unflatten(structure, list(still)),
  )
