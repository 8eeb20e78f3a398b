"""Active weights of a leaf, from their number or a mask."""

import math
from fractions import Fraction
from typing import Any

import jax
import numpy as np

from jaxsparse.core.types import Path


def active_weights(path: Path, leaf: Any, count: Any) -> Fraction:
  """Returns the number of active weights of a leaf.

  Args:
    path: of the leaf.
    leaf: an array or a `ShapeDtypeStruct`.
    count: an exact number in [0, size], or a mask.

  Raises:
    ValueError: it does not fit the leaf.
  """
  if np.ndim(count):
    if count.shape != leaf.shape:
      raise ValueError(
        f'mask {path!r} has shape {count.shape}, its parameter {leaf.shape}'
      )
    return Fraction(int(np.count_nonzero(jax.device_get(count))))
  number, size = Fraction(count), math.prod(leaf.shape)
  if not 0 <= number <= size:
    raise ValueError(
      f'{path!r}: got {count} active weights; accepted are 0 to {size}'
    )
  return number


def active_share(path: Path, leaf: Any, count: Any) -> Fraction:
  """Returns the fraction of active weights, in [0, 1]; 1 of an empty leaf."""
  size = math.prod(leaf.shape)
  number = active_weights(path, leaf, count)
  return number / size if size else Fraction(1)
