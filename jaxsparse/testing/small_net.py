"""The net on which methods are checked.

It has two kernels of one shape, and two leaves that stay dense.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core.distributions.erk import erk
from jaxsparse.core.types import Counts, Params, Probe, PyTree, Scalar

COLUMNS = 24


class SmallNet(NamedTuple):
  """A net with all that a method is run on.

  Attributes:
    params: of `network`.
    counts: a fifth of the weights of the kernels; `None` for other leaves.
    grads: a gradient for each of nine steps: leaves [9, ...].
    probe: the loss, one batch, and `network`.
  """

  params: Params
  counts: Counts
  grads: PyTree
  probe: Probe


def network(params: Params, inputs: jax.Array) -> jax.Array:
  """Adds two hidden branches of equal shape, and scales them: [n, 24]."""
  hidden = jax.nn.relu(inputs @ params['first']['kernel'])
  hidden += inputs @ params['second']['kernel']
  return hidden * params['norm']['scale'][None]


def loss(
  params: Params,
  batch: tuple[jax.Array, jax.Array],
  *,
  temperature: Scalar = 1.0,
) -> jax.Array:
  """Returns the mean squared error of `network`, its outputs divided."""
  inputs, targets = batch
  return jnp.mean((network(params, inputs) / temperature - targets) ** 2)


def _normal(seed: int, *shapes: tuple[int, ...]) -> list[jax.Array]:
  random = np.random.default_rng(seed)
  return [jnp.asarray(random.normal(size=s), jnp.float32) for s in shapes]


@functools.cache
def small_net() -> SmallNet:
  """Returns the net; the same on every call."""
  kernel = (16, COLUMNS)
  first, second, bias, scale = _normal(
    0, kernel, kernel, (COLUMNS,), (COLUMNS,)
  )
  params = {
    'first': {'kernel': first, 'bias': bias},
    'second': {'kernel': second},
    'norm': {'scale': scale},
  }
  return SmallNet(
    params,
    erk(params, 0.8),
    jax.tree.map(lambda p: _normal(p.size, (9, *p.shape))[0], params),
    Probe(
      loss,
      [tuple(_normal(1, (64, 16), (64, COLUMNS)))],
      network,
      jax.ShapeDtypeStruct((1, 16), jnp.float32),
    ),
  )
