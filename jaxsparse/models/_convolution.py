"""Convolution and pooling for small nets: quick on CPU too.

XLA's convolutions for CPU are slow where channels are few, slower still inside
a loop, and so is the gradient of its window reductions. Written as a matrix
product of columns and as a maximum over a reshaped array, a train step of
LeNet5 takes half the time, and may be scanned.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax


def convolution(
  lhs: Array,
  rhs: Array,
  window_strides: tuple[int, ...],
  padding: str,
  **options: Any,
) -> Array:
  """Computes a convolution of stride 1, unpadded; for `flax.linen.Conv`.

  It is a product of columns on CPU and `lax.conv_general_dilated` elsewhere:
  equal but for the order of sums.

  Args:
    lhs: [n, h, w, in].
    rhs: kernel [kh, kw, in, out].
    window_strides: must be 1.
    padding: must be 'VALID'.
    **options: for `lax.conv_general_dilated`; none that changes the result.

  Returns:
    [n, h - kh + 1, w - kw + 1, out].
  """
  if jax.default_backend() != 'cpu':
    return lax.conv_general_dilated(
      lhs, rhs, window_strides, padding, **options
    )
  kh, kw, channels, filters = rhs.shape
  n, h, w = (lhs.shape[0], lhs.shape[1] - kh + 1, lhs.shape[2] - kw + 1)
  columns = jnp.concatenate(
    [lhs[:, i : i + h, j : j + w] for i in range(kh) for j in range(kw)],
    axis=-1,
  )
  flat = columns.reshape(-1, kh * kw * channels)
  return (flat @ rhs.reshape(-1, filters)).reshape(n, h, w, filters)


def max_pool(x: Array) -> Array:
  """Takes the maxima of 2x2 windows: [n, h, w, c] -> [n, h // 2, w // 2, c].

  Equal maxima divide the gradient equally, where `flax.linen.max_pool` passes
  all of it to the first.
  """
  n, h, w, c = x.shape
  x = x[:, : 2 * (h // 2), : 2 * (w // 2)]
  return x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))
