"""From stored pixels to a model's inputs, in training and evaluation."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from jaxsparse.core import prng

Augmentation = Callable[[jax.Array, jax.Array], jax.Array]


class Pixels(NamedTuple):
  """Scaling and normalisation of a data set's pixels; hashable.

  Attributes:
    scale: images * scale is in [0, 1]; None for characters, which are not
      scaled.
    mean, std: of scaled images, by channel or one number for all; none where
      empty.
    standardize: each image is first brought to mean 0 and deviation 1 by
      itself.
  """

  scale: float | None
  mean: tuple[float, ...] = ()
  std: tuple[float, ...] = ()
  standardize: bool = False


def scaled(images: ArrayLike, scale: float | jax.Array | None) -> jax.Array:
  """Returns stored images as float32 times `scale`; characters as int32."""
  if scale is None:
    return jnp.asarray(images, jnp.int32)
  return jnp.asarray(images, jnp.float32) * jnp.asarray(scale, jnp.float32)


def check(pixels: Pixels, channels: int) -> None:
  """Raises `ValueError` where `mean` and `std` do not fit the channels."""
  for field in ('mean', 'std'):
    values = getattr(pixels, field)
    if len(values) not in (0, 1, channels):
      raise ValueError(
        f'{field} has {len(values)} numbers; accepted are none, one or'
        f' {channels}, as the images have channels'
      )
  if not all(value > 0 for value in pixels.std):
    raise ValueError(f'std is {pixels.std}; accepted are numbers > 0')


def normalised(images: jax.Array, pixels: Pixels) -> jax.Array:
  """Returns `(images - mean) / std` of images that are scaled already.

  Args:
    images: float32 `[b, h, w, c]`, in [0, 1].
    pixels: what to subtract and divide by. The deviation of an image counts
      as 1 / sqrt(h w c) at least, as it does in TensorFlow's
      `per_image_standardization`.
  """
  if pixels.standardize:
    axes = (1, 2, 3)
    mean = jnp.mean(images, axes, keepdims=True)
    std = jnp.std(images, axes, keepdims=True)
    images = (images - mean) / jnp.maximum(std, images[0].size ** -0.5)
  if pixels.mean:
    images = images - jnp.array(pixels.mean, jnp.float32).reshape(1, 1, 1, -1)
  if pixels.std:
    images = images / jnp.array(pixels.std, jnp.float32).reshape(1, 1, 1, -1)
  return images


def augmented(
  images: jax.Array,
  key: jax.Array,
  augmentations: Mapping[str, Augmentation],
) -> jax.Array:
  """Applies augmentations in their order, each with its stream of `key`.

  Args:
    images: float32 `[b, h, w, c]`, normalised.
    key: of one step. Each draws from the stream of its name, so that adding
      one does not change the draws of the others.
    augmentations: by name.
  """
  for name, augmentation in augmentations.items():
    images = augmentation(images, prng.stream(key, name))
  return images
