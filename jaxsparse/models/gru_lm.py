"""A character language model: embedding, GRU, readout.

Evci et al. 2020, "Rigging the Lottery", Section 4.2: 256 characters embedded
in 128 numbers, a GRU of 512 units (Cho et al. 2014), a readout of 256 units and
of 128, whose product with the embedding gives the logits.

The three gates are the columns of one kernel for the inputs and of one for the
state, in the order reset, update, candidate:

    r, z = sigmoid(x W_r + b_r + h U_r), sigmoid(x W_z + b_z + h U_z)
    n = tanh(x W_n + b_n + r (h U_n + c))
    h' = (1 - z) n + z h

Products with the inputs are taken for all steps at once.

**Deviations**: the paper names no more than sizes and "shared embedding". That
the embedding gives the logits too, ReLU between the readouts, that the reset
gate multiplies h U_n and not h (as in cuDNN and Flax), that there is no dropout
and that each sequence starts from the state 0 are our reading.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxsparse.models import _layers
from jaxsparse.models._layers import Initialiser


class Recurrence(nn.Module):
  """The recurrent part of a GRU.

  Kernel [units, 3 * units], which starts as an orthogonal matrix for each gate;
  bias [units], of the candidate alone.
  """

  units: int

  @nn.compact
  def __call__(self, inputs: jax.Array) -> jax.Array:
    """Maps gate inputs [t, n, 3 * units] to states [t, n, units]."""
    units = self.units
    kernel = self.param('kernel', _orthogonal, (units, 3 * units))
    bias = self.param('bias', nn.initializers.zeros, (units,), jnp.float32)

    def step(h: jax.Array, given: jax.Array) -> tuple[jax.Array, jax.Array]:
      recurrent = h @ kernel
      gates = nn.sigmoid(given[:, : 2 * units] + recurrent[:, : 2 * units])
      reset, update = gates[:, :units], gates[:, units:]
      candidate = nn.tanh(
        given[:, 2 * units :] + reset * (recurrent[:, 2 * units :] + bias[None])
      )
      h = (1 - update) * candidate + update * h
      return h, h

    start = jnp.zeros((inputs.shape[1], units), inputs.dtype)
    return jax.lax.scan(step, start, inputs)[1]


class GRULM(nn.Module):
  """A character model; built by `gru_lm`.

  Layers are `embedding`, `gru_input` (kernel [embed_dim, 3 * units]),
  `gru_state` (kernel [units, 3 * units]), `readout1` and `readout2`; by name as
  in forward order.
  """

  embed_dim: int
  units: int
  readout: int
  num_classes: int
  kernel_init: Initialiser

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
    """Returns logits [n, t, num_classes] of the character after each [n, t]."""
    del train
    if x.ndim != 2 or not jnp.issubdtype(x.dtype, jnp.integer):
      raise ValueError(
        'gru_lm takes characters, integers [n, t], not'
        f' {x.dtype} of shape {x.shape}'
      )
    embedding = nn.Embed(self.num_classes, self.embed_dim, name='embedding')
    # Time leads, or each step would gather its part.
    embedded = embedding(x.T)
    states = Recurrence(self.units, name='gru_state')(
      self._dense(3 * self.units, 'gru_input')(embedded)
    )
    y = nn.relu(self._dense(self.readout, 'readout1')(states.swapaxes(0, 1)))
    return embedding.attend(self._dense(self.embed_dim, 'readout2')(y))

  def _dense(self, units: int, name: str) -> nn.Dense:
    return nn.Dense(units, kernel_init=self.kernel_init, name=name)


def gru_lm(
  *,
  embed_dim: int = 128,
  units: int = 512,
  readout: int = 256,
  num_classes: int = 256,
  kernel_init: str | Initialiser = 'glorot_uniform',
) -> GRULM:
  """Builds a character language model; by default that of Evci et al. 2020.

  Args:
    embed_dim: of a character, and units of the last readout.
    units: of the GRU.
    readout: units of the first readout.
    num_classes: characters.
    kernel_init: of inputs and readouts: a name (`glorot_uniform`, ...) or an
      initialiser `(key, shape, dtype) -> kernel`.

  Returns:
    A linen module: `apply({'params': params}, x, train=False)` takes integers
    [n, t] in [0, num_classes) and returns float32 [n, t, num_classes].

  Raises:
    ValueError: a size or the initialiser's name is not valid; when called,
      inputs that are not integers of two axes.
  """
  sizes = {
    'embed_dim': embed_dim,
    'units': units,
    'readout': readout,
    'num_classes': num_classes,
  }
  for name, value in sizes.items():
    _layers.positive(name, (value,))
  return GRULM(
    embed_dim=embed_dim,
    units=units,
    readout=readout,
    num_classes=num_classes,
    kernel_init=_layers.kernel_initialiser(kernel_init),
  )


def _orthogonal(
  key: jax.Array, shape: tuple[int, int], dtype: Any = jnp.float32
) -> jax.Array:
  """Draws orthogonal matrices side by side."""
  units, columns = shape
  keys = jax.random.split(key, columns // units)
  draw = nn.initializers.orthogonal()
  return jnp.concatenate([draw(k, (units, units), dtype) for k in keys], axis=1)
