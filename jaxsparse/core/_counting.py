"""Counts of the keys, or positions of equal keys, that reach a threshold."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core._ordered import LOWEST_KEY, count_true, place_keys

# `(keys, thresholds [T], tied) -> counts`, uint32 [T].
Count = Callable[[Sequence[Array], Array, Array], Array]


@jax.jit
def of_keys(keys: Sequence[Array], thresholds: Array, tied: Array) -> Array:
  """Counts the keys, uint32 of any shapes, that reach the thresholds.

  `tied` is not used.
  """
  del tied
  return jnp.stack(_reached(keys, thresholds))


@jax.jit
def of_places(keys: Sequence[Array], thresholds: Array, tied: Array) -> Array:
  """Counts the keys equal to `tied` whose positions reach the thresholds."""
  places = [
    jnp.where(key == tied, place, LOWEST_KEY)
    for key, place in zip(keys, place_keys(keys), strict=True)
  ]
  return jnp.stack(_reached(places, thresholds))


def _reached(keys: Sequence[Array], thresholds: Array) -> list[Array]:
  counts = [count_true([key >= t for t in thresholds]) for key in keys]
  return [sum(c[1:], start=c[0]) for c in zip(*counts, strict=True)]
