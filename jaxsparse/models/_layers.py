"""Kernel initialisers by name, and checks of sizes, for all models."""

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import jax
from flax import linen as nn

from jaxsparse.core import choices

Initialiser = Callable[..., Any]

MOST_LAYERS = 10_000

_VARIANCE_SCALING = tuple(
  f'{family}_{draw}'
  for family in ('glorot', 'he', 'lecun')
  for draw in ('uniform', 'normal')
)
_OTHERS = {
  'glorot_gaussian': nn.initializers.variance_scaling(1.0, 'fan_avg', 'normal'),
  'he_normal_fan_out': nn.initializers.variance_scaling(
    2.0, 'fan_out', 'normal'
  ),
}


def kernel_initialiser(spec: str | Initialiser) -> Initialiser:
  """Returns the initialiser `(key, shape, dtype) -> kernel` of a name.

  Args:
    spec: `glorot_uniform`, `glorot_normal`, `he_uniform`, `he_normal`,
      `lecun_uniform` or `lecun_normal` (as in `jax.nn.initializers`, where
      normal ones are truncated), `glorot_gaussian` (variance 2 / (fan-in +
      fan-out)) or `he_normal_fan_out` (2 / fan-out), which are not truncated,
      or an initialiser.

  Raises:
    ValueError: no initialiser of that name.
  """
  if callable(spec):
    return spec
  accepted = (*_VARIANCE_SCALING, *_OTHERS)
  choices.check(f'kernel_init is {spec!r}', spec, accepted)
  return _OTHERS.get(spec) or getattr(nn.initializers, spec)()


def positive(name: str, sizes: Iterable[int]) -> tuple[int, ...]:
  """Returns `sizes` as a tuple; raises if one is not a positive integer."""
  sizes = tuple(sizes)
  if any(type(s) is not int or s < 1 for s in sizes):
    raise ValueError(f'{name} {sizes}: every size must be a positive integer')
  return sizes


def widened(channels: Iterable[int], width: float) -> tuple[int, ...]:
  """Returns floor(width * c) of each of `channels`, and at least 1.

  Args:
    channels: of the net of width 1.
    width: taken as the decimal it is written as: 0.29 of 100 is 29.

  Raises:
    ValueError: `width` is not a positive number.
  """
  if not 0 < width < math.inf:
    raise ValueError(f'width {width!r}: accepted is a number above 0')
  exact = Fraction(str(width))
  return tuple(max(1, math.floor(exact * c)) for c in channels)


def check_images(x: jax.Array, smallest: int, what: str) -> None:
  """Raises `ValueError` unless `x` is [n, h, w, c] with h, w >= `smallest`."""
  if x.ndim != 4 or min(x.shape[1:3]) < smallest:
    raise ValueError(
      f'{what} takes images [n, h, w, c] with h and w at least {smallest},'
      f' not of shape {x.shape}'
    )
