"""The drop-and-grow step of SET, SNFS and RigL.

Each leaf by itself: of n active weights the k = floor(f n) of lowest drop
score are dropped, then the k of highest grow score among all that were not
kept, the just-dropped ones included, are grown (Evci et al. 2020, alg. 1).
"""

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import masks as masking
from jaxsparse.core.masks import apply_masks, map_masks
from jaxsparse.core.topk import topk_masks_by_leaf
from jaxsparse.core.types import Masks, Params, PyTree, Scalar, Scores


def drop_and_grow(
  masks: Masks,
  drop_scores: Scores,
  grow_scores: Scores,
  drop_fraction: Scalar,
) -> Masks:
  """Drops and grows weights; each leaf keeps its number of active weights.

  >>> masks = js.random_masks(params, counts, key=key)
  >>> scores = jax.tree.map(jnp.abs, params)
  >>> new = js.drop_and_grow(masks, scores, scores, 0.3)

  Args:
    masks: bool leaves, `None` where exempt.
    drop_scores: shaped like the masks; lowest dropped first. Read only where
      the mask is True.
    grow_scores: shaped like the masks; highest grown first. Read only where
      nothing was kept.
    drop_fraction: f in [0, 1], a number or a traced float32 scalar.

  Returns:
    The new masks. A weight may be dropped and grown in one update.
  """
  active = masking.active(masks)
  leaves, structure = jax.tree.flatten(active)
  if not leaves:
    return masks
  counts = jnp.stack(leaves)
  stay = counts - dropped_count(counts, drop_fraction)

  def select(phase: Array, leaves: list[Array]) -> list[Array]:
    grows = phase > 0

    def score(drop: Array, _: Array, grow: Array) -> Array:
      # They may differ in type, and are ranked in this one.
      return jnp.where(
        grows, grow.astype(jnp.float32), drop.astype(jnp.float32)
      )

    def by_leaf(values: Array) -> PyTree:
      return jax.tree.unflatten(structure, list(values))

    new = topk_masks_by_leaf(
      map_masks(score, drop_scores, masks, grow_scores),
      by_leaf(jnp.where(grows, counts, stay)),
      where=jax.tree.unflatten(structure, leaves),
      eligible=by_leaf(jnp.where(grows, stay, counts)),
    )
    return jax.tree.leaves(new)

  # All that were kept, and as many more as were dropped, by the search that
  # found those that stay: a loop compiles it once.
  new = jax.lax.fori_loop(0, 2, select, jax.tree.leaves(masks))
  return jax.tree.unflatten(structure, new)


def keep_highest(
  masks: Masks, scores: Scores, active: PyTree, drop_fraction: Scalar
) -> Masks:
  """Drops the k = floor(f n) weights of lowest score of each leaf.

  Args:
    masks: bool leaves, `None` where exempt.
    scores: shaped like the masks. Read only where the mask is True.
    active: active weights of each leaf, from `masks.active`.
    drop_fraction: f in [0, 1], a number or a traced float32 scalar.

  Returns:
    Masks of the weights that stay.
  """
  leaves, structure = jax.tree.flatten(active)
  if not leaves:
    return masks
  # As one vector: for each leaf by itself it would be as many kernels.
  counts = jnp.stack(leaves)
  stay = jax.tree.unflatten(
    structure, list(counts - dropped_count(counts, drop_fraction))
  )
  return topk_masks_by_leaf(scores, stay, where=masks, eligible=active)


def dropped_count(active: Array, drop_fraction: Scalar) -> Array:
  """Returns floor(f n) as int32, computed in float32, clipped to [0, n]."""
  count = jnp.floor(jnp.float32(drop_fraction) * active.astype(jnp.float32))
  return jnp.clip(count.astype(jnp.int32), 0, active)


def carry_over(params: Params, old: Masks, new: Masks) -> Params:
  """Returns `params` after a mask change: 0 unless active before and after.

  Dropped weights become 0, truly grown ones start at 0, and a weight that was
  dropped and grown in one update is left alone.

  >>> old, new = jnp.array([True, True]), jnp.array([True, False])
  >>> js.carry_over({'w': jnp.array([3.0, 4.0])}, {'w': old}, {'w': new})
  {'w': Array([3., 0.], dtype=float32)}
  """
  still_active = map_masks(lambda _, o, n: o & n, params, old, new)
  return apply_masks(params, still_active)
