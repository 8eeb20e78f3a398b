"""Controls of a mask, and of the data and the weights that it comes from.

They keep one property and destroy another: the worth of a mask beyond its
counts (`shuffled`), whether it used the data (`random_labels`,
`permuted_pixels`), and what the signs of trained weights carry (`with_signs`).
"""

import jax
import jax.numpy as jnp

from jaxsparse.core import prng
from jaxsparse.core.align import map_aligned
from jaxsparse.core.criteria.random import random
from jaxsparse.core.masks import (
  active,
  active_by_path,
  map_masks,
  random_masks,
  sizes_by_path,
  spread,
)
from jaxsparse.core.paths import flatten, map_with_path
from jaxsparse.core.topk import topk_masks
from jaxsparse.core.types import Masks, Params


def shuffled(masks: Masks, *, key: jax.Array, scope: str = 'layer') -> Masks:
  """Puts the active weights of each leaf at random places of it.

  The layer-wise rearrangement of Su et al. 2020 and of Frankle et al. 2021.
  Within a leaf, or over all leaves (Frankle et al. 2020, "Linear Mode
  Connectivity"); a dense leaf stays dense.

  >>> masks = {'kernel': jnp.array([True, False, False]), 'bias': None}
  >>> js.active(js.shuffled(masks, key=key))
  {'bias': None, 'kernel': Array(1, dtype=int32)}

  Args:
    masks: bool leaves, `None` where exempt.
    key: a PRNG key; each leaf draws from a stream named by its path.
    scope: `layer`: each leaf keeps its count; `global`: weights of all leaves
      trade places; `even`: leaves get the same density, and their weights
      random places. Of the last two masks must not be traced.

  Raises:
    ValueError: there is no such scope.
  """
  if scope == 'layer':
    return random_masks(masks, active(masks), key=key)
  counts = active_by_path(masks)
  sizes = sizes_by_path(masks)
  moving = {p: n for p, n in sizes.items() if counts[p] < n}
  total = sum(counts[path] for path in moving)
  if scope == 'even':
    counts |= spread(moving, total)
    return random_masks(
      masks, map_with_path(lambda path, _: counts[path], masks), key=key
    )
  if scope != 'global':
    raise ValueError(f'scope is {scope!r}; accepted are layer, global, even')
  leaves = {
    path: leaf for path, leaf in flatten(masks).items() if path in moving
  }
  placed = topk_masks(random(leaves, None, key=key), total)
  return map_with_path(lambda path, leaf: placed.get(path, leaf), masks)


def with_signs(
  params: Params, signs: Params, masks: Masks | None = None
) -> Params:
  """Gives each weight the sign of another net's (Zhou et al. 2019).

  >>> js.with_signs({'w': jnp.array([1.0, -2.0])}, {'w': jnp.array([-3.0, 0])})
  {'w': Array([-1., -2.], dtype=float32)}

  Args:
    params: their sizes stay.
    signs: a tree of the same shapes; where it is 0, signs stay as well.
    masks: leaves without a mask keep their signs; by default all leaves get
      those of `signs`.
  """

  def one(param: jax.Array, other: jax.Array) -> jax.Array:
    sign = jnp.sign(other).astype(param.dtype)
    return jnp.where(sign == 0, param, jnp.abs(param) * sign)

  if masks is None:
    return map_aligned(one, params, signs)
  return map_masks(
    lambda p, _, s: one(p, s), params, masks, signs, exempt=lambda p, _: p
  )


def sign_agreement(params: Params, other: Params, masks: Masks) -> jax.Array:
  """Returns the fraction of active weights with the same sign in two nets.

  >>> params, other = {'w': jnp.array([1.0, -2.0])}, {'w': jnp.ones(2)}
  >>> js.sign_agreement(params, other, {'w': jnp.ones(2, bool)})
  Array(0.5, dtype=float32)

  Args:
    params: of one net.
    other: of the other, likewise.
    masks: which weights count; leaves without a mask do not.

  Returns:
    A float32 scalar in [0, 1]; 1 where no weight is active.
  """

  def same(param: jax.Array, mask: jax.Array, leaf: jax.Array) -> jax.Array:
    return jnp.sum(mask & (jnp.sign(param) == jnp.sign(leaf)), dtype=jnp.int32)

  equal = jax.tree.leaves(map_masks(same, params, masks, other))
  number = jax.tree.leaves(active(masks))
  total = jnp.asarray(sum(number), jnp.float32)
  return jnp.where(total > 0, jnp.asarray(sum(equal)) / total, jnp.float32(1))


def random_labels(
  examples: jax.Array, num_classes: int, *, key: jax.Array
) -> jax.Array:
  """Draws a uniformly random label for each example.

  Args:
    examples: int32 [b], the numbers of the examples, of which each always gets
      the same label.
    num_classes: labels are in [0, num_classes).
    key: a PRNG key.

  Returns:
    int32 [b].
  """

  def draw(example: jax.Array) -> jax.Array:
    return jax.random.randint(
      prng.at(key, example), (), 0, num_classes, jnp.int32
    )

  return jax.vmap(draw)(examples)


def permuted_pixels(
  images: jax.Array, examples: jax.Array, *, key: jax.Array
) -> jax.Array:
  """Permutes the pixels of each image, by a permutation of its own.

  Args:
    images: [b, h, w, c]; the channels of a pixel stay together.
    examples: int32 [b], the numbers of the examples, of which each always gets
      the same permutation.
    key: a PRNG key.
  """

  def permute(image: jax.Array, example: jax.Array) -> jax.Array:
    pixels = image.reshape(-1, image.shape[-1])
    moved = jax.random.permutation(prng.at(key, example), pixels)
    return moved.reshape(image.shape)

  return jax.vmap(permute)(images, examples)
