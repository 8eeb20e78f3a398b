"""Small data sets whole on the device, as uint8.

A batch is then a gather inside the jitted step: only indices travel. The
arrays are arguments of the step, never closed over, or XLA would fold them
into the program as constants.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxsparse.data.datasets import Split
from jaxsparse.data.pixels import scaled


def put(
  split: Split, device: jax.Device | jax.sharding.Sharding | None = None
) -> Split:
  """Copies `split` to a device, or to the devices of a sharding.

  Args:
    split: arrays on the host.
    device: a device or a sharding; None for JAX's default device.
  """
  return jax.device_put(split, device)


def gather(
  images: ArrayLike,
  labels: ArrayLike,
  indices: Array,
  scale: float | Array | None,
) -> dict[str, Array]:
  """Gathers one batch of a resident split; pure, to be called under jit.

  Args:
    images: uint8 [n, h, w, c], or characters [n, t].
    labels: int32 [n], or int16 [n, t].
    indices: int32 [b], in [0, n); others are clipped into it.
    scale: what the pixels are multiplied by; None for characters.

  Returns:
    `image`: float32 [b, h, w, c], in [0, 1] for the scale of the data set;
    characters are int32 [b, t]. `label`: int32 [b], or [b, t].
  """
  pixels = jnp.take(images, indices, axis=0, mode='clip')
  return {
    'image': scaled(pixels, scale),
    'label': jnp.take(labels, indices, axis=0, mode='clip').astype(jnp.int32),
  }


def eval_batches(size: int, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
  """Splits all examples into batches of one shape, the last one padded.

  A metric is exact if each example's value counts with its weight: the sum of
  value times weight over all batches, divided by `size`.

  Args:
    size: the number of examples, >= 1.
    batch_size: examples a batch, >= 1; may exceed `size`.

  Returns:
    indices int32 [ceil(size / batch_size), batch_size], and weights float32
    of that shape: 1 for an example, 0 for padding (which has index 0).

  Raises:
    ValueError: a value outside its range.
  """
  if size < 1 or batch_size < 1:
    raise ValueError(
      f'size {size} and batch_size {batch_size}: both must be at least 1'
    )
  padding = -size % batch_size
  indices = np.pad(np.arange(size, dtype=np.int32), (0, padding))
  weights = np.pad(np.ones(size, np.float32), (0, padding))
  return indices.reshape(-1, batch_size), weights.reshape(-1, batch_size)
