"""Augmentations: pure functions `(images, key) -> images` on the device.

They act on the model's inputs, float32 `[b, h, w, c]` after normalisation,
and draw for each image by itself. What fills a gap is 0: the mean, where one
is subtracted. Each may be named in `config.data.augment`; its keyword-only
parameters are fields of that section (`crop_padding`).
"""

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import choices
from jaxsparse.data import resizing

FILLS = ('reflect', 'zeros')


def crop(
  images: jax.Array, key: jax.Array, *, padding: int = 4, fill: str = 'reflect'
) -> jax.Array:
  """Pads each side and crops to the original size at a random position.

  He et al. 2016, Section 4.2, pad by zeros; Zagoruyko and Komodakis 2016
  reflect.

  Args:
    images: `[b, h, w, c]`.
    key: all (2 padding + 1)^2 positions are equally likely.
    padding: pixels on each side, >= 1; to reflect, below h and w.
    fill: 'reflect' (the edge itself is not repeated) or 'zeros'.

  Raises:
    ValueError: a value that is not accepted.
  """
  size, height, width, channels = images.shape
  choices.check(f'crop: fill is {fill!r}', fill, FILLS)
  if padding < 1 or (fill == 'reflect' and padding >= min(height, width)):
    raise ValueError(
      f'crop: padding is {padding}; accepted is >= 1 and, to reflect, less'
      f' than the side of an image of {height}x{width}'
    )
  sides = ((0, 0), (padding, padding), (padding, padding), (0, 0))
  mode = 'reflect' if fill == 'reflect' else 'constant'
  padded = jnp.pad(images, sides, mode=mode)
  corners = jax.random.randint(key, (size, 2), 0, 2 * padding + 1, jnp.int32)

  def window(image: jax.Array, corner: jax.Array) -> jax.Array:
    return jax.lax.dynamic_slice(
      image, (corner[0], corner[1], np.int32(0)), (height, width, channels)
    )

  return jax.vmap(window)(padded, corners)


def resized_crop(
  images: jax.Array, key: jax.Array, *, min_area: float = 0.08
) -> jax.Array:
  """Cuts a random part and resizes it to the image's size, bilinearly.

  Szegedy et al. 2015, Section 6: torchvision's `RandomResizedCrop`, for images
  that are of one size.

  Args:
    images: `[b, h, w, c]`.
    key: of parts of `min_area` to all of the area, of ratio 3:4 to 4:3 (its
      logarithm uniform), at any position in whole pixels. Of ten draws the
      first that is within the image counts; the centre if none is.
    min_area: in (0, 1].

  Raises:
    ValueError: `min_area` is out of range.

  **Deviations**: new pixels are not rounded to eight bits.
  """
  if not 0 < min_area <= 1:
    raise ValueError(
      f'resized_crop: min_area is {min_area}; accepted is (0, 1]'
    )
  count, height, width, _ = images.shape
  boxes = resizing.random_boxes(key, count, height, width, min_area=min_area)
  return resizing.resized(images, boxes)


def flip(images: jax.Array, key: jax.Array) -> jax.Array:
  """Mirrors each image left to right with probability 1/2."""
  mirrored = jax.random.bernoulli(key, np.float32(0.5), (len(images), 1, 1, 1))
  return jnp.where(mirrored, images[:, :, ::-1], images)


def cutout(images: jax.Array, key: jax.Array, *, size: int = 16) -> jax.Array:
  """Sets a square of each image to 0 (DeVries and Taylor 2017).

  Args:
    images: `[b, h, w, c]`.
    key: all pixels are equally likely to be the square's centre; its part
      beyond the edge is lost.
    size: the side in pixels, >= 1; the paper takes 16 for CIFAR-10 and 8 for
      CIFAR-100.

  Raises:
    ValueError: `size` is below 1.
  """
  count, height, width, _ = images.shape
  if size < 1:
    raise ValueError(f'cutout: size is {size}; accepted is >= 1')
  sides = jnp.array([[height], [width]], jnp.int32)
  draws = jax.random.randint(key, (2, count), 0, sides, jnp.int32)
  row, column = draws[:, :, None] - size // 2

  def inside(begin: jax.Array, side: int) -> jax.Array:
    at = jnp.arange(side, dtype=jnp.int32)[None]
    return (begin <= at) & (at < begin + size)

  gone = inside(row, height)[:, :, None] & inside(column, width)[:, None, :]
  return jnp.where(gone[..., None], 0, images)
