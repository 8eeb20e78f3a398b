"""Active weights of a leaf, told by a number or by a mask."""

import math
from fractions import Fraction
from typing import Any

import jax
import numpy as np

from jaxsparse.core.types import Path


def active_weights(path: Path, leaf: Any, count: Any) -> Fraction:
  """How many weights of a leaf are active.

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
  found, size = Fraction(count), math.prod(leaf.shape)
  if not 0 <= found <= size:
    raise ValueError(
      f'{path!r}: got {count} active weights; accepted are 0 to {size}'
    )
  return found


def active_share(path: Path, leaf: Any, count: Any) -> Fraction:
  """The same as a share of the leaf, in [0, 1]; 1 if it has no weight."""
  size = math.prod(leaf.shape)
  found = active_weights(path, leaf, count)
  return found / size if size else Fraction(1)
