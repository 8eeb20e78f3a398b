"""Conv-2, Conv-4 and Conv-6: small variants of VGG with dense layers.

Frankle and Carbin 2019, "The Lottery Ticket Hypothesis: Finding Sparse,
Trainable Neural Networks", figure 2: pairs of 3x3 convolutions of 64, 128 and
256 filters, each pair with 2x2 max-pooling, then dense layers of 256, 256 and
10 units. On CIFAR-10 the kernels hold 4,300,992, 2,425,024 and 2,261,184
weights, of which 38,592, 259,776 and 1,144,512 are in convolutions.

Max-pooling stands before the ReLU, which is the same function.
"""

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxsparse.core import choices
from jaxsparse.models import _layers, _nets
from jaxsparse.models._convolution import max_pool
from jaxsparse.models._layers import Initialiser
from jaxsparse.models._nets import Layers

CHANNELS = (64, 128, 256)
UNITS = (256, 256)

DEPTHS = (2, 4, 6)


class ConvNet(nn.Module):
  """Pairs of convolutions and three dense layers; built by `conv_net`.

  Layers are `conv1_1`, `conv1_2`, `conv2_1`, ..., `dense_1`, `dense_2` and
  `logits`, by name as in forward order; kernels [3, 3, in, out] and [in, out].
  """

  channels: tuple[int, ...]
  units: tuple[int, ...]
  num_classes: int
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
    """Returns logits [n, num_classes] of images [n, h, w, c].

    h and w are at least 2**(depth / 2).
    """
    del train
    _layers.check_images(x, 2 ** len(self.channels), 'conv_net')
    for block, filters in enumerate(self.channels, 1):
      for i in (1, 2):
        name = f'conv{block}_{i}'
        x = self.layers.conv(filters, 3, use_bias=True, name=name)(x)
        x = nn.relu(max_pool(x) if i == 2 else x)
    x = x.reshape(x.shape[0], -1)
    for i, units in enumerate(self.units, 1):
      x = nn.relu(self.layers.dense(units, name=f'dense_{i}')(x))
    return nn.Dense(
      self.num_classes, kernel_init=self.layers.kernel_init, name='logits'
    )(x.astype(jnp.float32))


def conv_net(
  *,
  depth: int = 4,
  width: float = 1.0,
  num_classes: int = 10,
  kernel_init: str | Initialiser = 'glorot_normal',
  dtype: str = 'float32',
) -> ConvNet:
  """Builds Conv-2, Conv-4 or Conv-6, with biases that start at 0.

  Args:
    depth: 2, 4 or 6 convolutions.
    width: multiplies filters and units (rounded down, at least 1).
    num_classes: logits, >= 1.
    kernel_init: of all kernels: a name (`glorot_normal`, `he_normal`, ...) or
      an initialiser `(key, shape, dtype) -> kernel`. `glorot_normal` is the
      paper's.
    dtype: of the computation, `float32` or `bfloat16`; params are float32.

  Returns:
    A linen module: `apply({'params': params}, x, train=False)` takes
    [n, h, w, c] and returns float32 [n, num_classes].

  Raises:
    ValueError: a hyperparameter is not valid; when called, images that pooling
      leaves nothing of, or not of four axes.
  """
  choices.check(f'depth is {depth!r}', depth, DEPTHS)
  _layers.positive('num_classes', (num_classes,))
  return ConvNet(
    channels=_layers.widened(CHANNELS[: depth // 2], width),
    units=_layers.widened(UNITS, width),
    num_classes=num_classes,
    layers=_nets.layers(kernel_init, dtype),
  )
