"""The part of an image of any size that a model of a fixed size sees.

Boxes are `(left, upper, right, lower)` in pixels, as Pillow takes them.
"""

import math
from collections.abc import Sequence

import numpy as np

Box = tuple[float, float, float, float]

# Szegedy et al. 2015, Section 6; after ten failures the largest central part.
_AREA = (0.08, 1.0)
RATIO = (3 / 4, 4 / 3)
TRIES = 10
# The side of the part that is evaluated: 224 of 256 pixels.
_CENTRE = 0.875


def draws(words: Sequence[int], step: int, count: int) -> np.ndarray:
  """Draws the numbers for one batch's random boxes, from seed and step alone.

  Args:
    words: the seed, each in [0, 2^32).
    step: of training, >= 0.
    count: examples in the batch.

  Returns:
    float64 [count, tries, 4], uniform in [0, 1).
  """
  seed = np.random.SeedSequence((len(words), *words), spawn_key=(step,))
  # As for the order of examples: of NumPy's streams this one is for ever.
  raw = np.random.Philox(seed).random_raw(count * TRIES * 4)
  return ((raw >> 11) * 2.0**-53).reshape(count, TRIES, 4)


def random_box(draws: np.ndarray, height: int, width: int) -> Box:
  """Returns a random box of 8 to 100 % of the area, of ratio 3:4 to 4:3.

  The first of the tries that is within the image; if none is, the largest part
  about the centre that keeps to the ratio.

  Args:
    draws: of one example, [tries, 4].
    height: of the image, in pixels.
    width: likewise.
  """
  for area, ratio, down, along in draws:
    share = _AREA[0] + area * (_AREA[1] - _AREA[0])
    low, high = math.log(RATIO[0]), math.log(RATIO[1])
    aspect = math.exp(low + ratio * (high - low))
    w = round(math.sqrt(share * height * width * aspect))
    h = round(math.sqrt(share * height * width / aspect))
    if 0 < w <= width and 0 < h <= height:
      x = int(along * (width - w + 1))
      y = int(down * (height - h + 1))
      return x, y, x + w, y + h
  aspect = min(max(width / height, RATIO[0]), RATIO[1])
  return _about_centre(
    height, width, min(height, width / aspect), min(width, height * aspect)
  )


def centre_box(height: int, width: int) -> Box:
  """Returns the square about the centre with 7/8 of the shorter side."""
  side = _CENTRE * min(height, width)
  return _about_centre(height, width, side, side)


def _about_centre(height: int, width: int, h: float, w: float) -> Box:
  x, y = (width - w) / 2, (height - h) / 2
  return x, y, x + w, y + h
