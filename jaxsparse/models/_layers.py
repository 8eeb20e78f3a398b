"""What the models share: kernel initialisers by name, checks of sizes."""

from collections.abc import Callable, Iterable
from typing import Any

from flax import linen as nn

from jaxsparse.core import paths

Initialiser = Callable[..., Any]

_VARIANCE_SCALING = tuple(
  f'{family}_{draw}'
  for family in ('glorot', 'he', 'lecun')
  for draw in ('uniform', 'normal')
)


def kernel_initialiser(spec: str | Initialiser) -> Initialiser:
  """The initialiser `(key, shape, dtype) -> kernel` that `spec` names.

  Args:
    spec: `glorot_uniform`, `glorot_normal`, `he_uniform`, `he_normal`,
      `lecun_uniform` or `lecun_normal` (as in `jax.nn.initializers`), or an
      initialiser.

  Raises:
    ValueError: no initialiser of that name.
  """
  if callable(spec):
    return spec
  if spec not in _VARIANCE_SCALING:
    raise ValueError(
      f'kernel_init {spec!r} is not one of {", ".join(_VARIANCE_SCALING)}.'
      f'{paths.nearest(spec, _VARIANCE_SCALING)}'
    )
  return getattr(nn.initializers, spec)()


def positive(name: str, sizes: Iterable[int]) -> tuple[int, ...]:
  """`sizes` as a tuple; `ValueError` if one is not a positive integer."""
  sizes = tuple(sizes)
  if any(type(s) is not int or s < 1 for s in sizes):
    raise ValueError(f'{name} {sizes}: every size must be a positive integer')
  return sizes
