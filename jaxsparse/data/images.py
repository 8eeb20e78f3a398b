"""Images of prepared data, decoded into arrays by Pillow; no TensorFlow."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from jaxsparse.core.types import Shape
from jaxsparse.data.crops import Box
from jaxsparse.errors import DataError

# Channels -> the mode that Pillow calls them.
MODES = {1: 'L', 3: 'RGB', 4: 'RGBA'}
# The side of images that differ in size, unless `image_size` is set.
USUAL_SIZE = 224


def seen_shape(stored: tuple[int | None, ...], size: int = 0) -> Shape:
  """Returns `(h, w, c)` of an image as a model sees it.

  Args:
    stored: `(h, w, c)` as it is stored; `None` where images differ.
    size: the side that images are resized to; 0 for that stored or, where they
      differ, 224.
  """
  height, width, channels = stored
  if size or height is None or width is None:
    height = width = size or USUAL_SIZE
  return height, width, channels or 3


def decoded(value: bytes | np.ndarray, shape: Shape) -> np.ndarray:
  """Decodes one stored image to uint8 `shape`.

  Raises:
    DataError: it cannot be decoded, or is of another shape.
  """
  if isinstance(value, bytes):
    with _picture(value, shape) as picture:
      if (picture.height, picture.width) != shape[:2]:
        raise DataError(
          f'an image is {picture.height} x {picture.width}; accepted is'
          f' {shape[0]} x {shape[1]}'
        )
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
    return Image.open(io.BytesIO(value)).convert(MODES[shape[-1]])
  except (OSError, SyntaxError) as error:
    raise DataError(f'an image cannot be decoded: {error}') from error
