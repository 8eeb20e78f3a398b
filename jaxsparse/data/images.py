"""Prepared image-classification data, decoded into arrays without TensorFlow.

TFDS reads and parses the records, Pillow decodes the images. A decoded copy is
not kept on disk: 70,000 small PNGs take a few seconds, and a cache would be
one more thing that can be stale, half-written or full.
"""

import io
from collections.abc import Callable

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from jaxsparse.core.types import Shape
from jaxsparse.data.crops import Box
from jaxsparse.errors import DataError

_MODES = {1: 'L', 3: 'RGB', 4: 'RGBA'}
# The side of images that differ in size, unless `image_size` is set.
USUAL_SIZE = 224


def num_classes(builder: tfds.core.DatasetBuilder) -> int:
  """Returns the number of classes of an opened data set."""
  return builder.info.features[builder.info.supervised_keys[1]].num_classes


def stored_shape(builder: tfds.core.DatasetBuilder) -> tuple[int | None, ...]:
  """Returns `(h, w, c)` of an opened data set; `None` where images differ."""
  return tuple(builder.info.features[builder.info.supervised_keys[0]].shape)


def image_shape(builder: tfds.core.DatasetBuilder, size: int = 0) -> Shape:
  """Returns `(h, w, c)` of an image as a model sees it.

  Args:
    builder: of an opened data set.
    size: the side that images are resized to; 0 for that stored or, where they
      differ, 224.
  """
  height, width, channels = stored_shape(builder)
  if size or height is None or width is None:
    height = width = size or USUAL_SIZE
  return height, width, channels or 3


def scale(builder: tfds.core.DatasetBuilder) -> float:
  """Returns the factor that brings a data set's pixels into [0, 1]."""
  return (builder.info.metadata or {}).get('scale', 1 / 255)


def decoded(value: bytes | np.ndarray, shape: Shape) -> np.ndarray:
  """Decodes one stored image to uint8 `shape`.

  Raises:
    DataError: it cannot be decoded.
  """
  if isinstance(value, bytes):
    with _picture(value, shape) as picture:
      return np.asarray(picture).reshape(shape)
  return value


def resized(
  value: bytes | np.ndarray, shape: Shape, box_of: Callable[[int, int], Box]
) -> np.ndarray:
  """Resizes a part of a stored image (bilinear, smoothed where it shrinks).

  Args:
    value: as it is stored.
    shape: `(h, w, c)` of the result.
    box_of: `(height, width) -> box`, the part to resize.

  Raises:
    DataError: it cannot be decoded.
  """
  height, width, channels = shape
  with _picture(value, shape) as picture:
    box = box_of(picture.height, picture.width)
    new = picture.resize((width, height), Image.Resampling.BILINEAR, box)
    return np.asarray(new).reshape(height, width, channels)


def _picture(value: bytes | np.ndarray, shape: Shape) -> Image.Image:
  if not isinstance(value, bytes):
    return Image.fromarray(value.squeeze(-1) if shape[-1] == 1 else value)
  try:
    return Image.open(io.BytesIO(value)).convert(_MODES[shape[-1]])
  except (OSError, SyntaxError) as error:
    raise DataError(f'an image cannot be decoded: {error}') from error


def check(info: tfds.core.DatasetInfo) -> None:
  """Refuses all but one image and one class label, as `supervised_keys`.

  Raises:
    DataError: it is not an image-classification data set.
  """
  keys = info.supervised_keys
  if keys and len(keys) == 2:
    image, label = (info.features[key] for key in keys)
    if (
      isinstance(label, tfds.features.ClassLabel)
      and isinstance(image, tfds.features.Tensor | tfds.features.Image)
      and image.np_dtype == np.uint8
      and len(image.shape) == 3
      and image.shape[-1] in _MODES
    ):
      return
  raise DataError(
    f'data set {info.name!r} is not one of images, uint8'
    f' [h, w, c], with one class label each: its features are'
    f' {dict(info.features)}, its supervised_keys {keys}'
  )
