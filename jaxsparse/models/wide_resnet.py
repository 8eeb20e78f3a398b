"""Wide ResNet: WRN-depth-width, for CIFAR.

Zagoruyko and Komodakis 2016, "Wide Residual Networks": BatchNorm and ReLU
before each convolution, and dropout between the two of a block. RigL and its
reproduction train WRN-22-2: `wide_resnet(depth=22, width=2.0, dropout=0.3)`.

**Deviations**: none from the authors' code. RigL's code leaves convolutions
at Glorot uniform, its reproduction at He over fan-out, which is the default
here.
"""

import jax
from flax import linen as nn

from jaxsparse.models import _layers, _nets
from jaxsparse.models._layers import Initialiser
from jaxsparse.models._nets import Layers

CHANNELS = (16, 32, 64)


class WideBlock(nn.Module):
  """Two 3x3 convolutions, each after BatchNorm and ReLU, and the shortcut.

  Where the shape changes, the shortcut is the 1x1 convolution `shortcut` of
  the input of `conv_1`.
  """

  filters: int
  stride: int
  dropout: float
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
    """Maps [n, h, w, c] to [n, ceil(h / stride), ceil(w / stride), filters]."""
    conv, norm = self.layers.conv, self.layers.norm
    y = before = nn.relu(norm(train=train, name='norm_1')(x))
    y = conv(self.filters, 3, stride=self.stride, name='conv_1')(y)
    y = nn.relu(norm(train=train, name='norm_2')(y))
    y = nn.Dropout(self.dropout, deterministic=not train)(y)
    y = conv(self.filters, 3, name='conv_2')(y)
    if x.shape != y.shape:
      shortcut = conv(self.filters, 1, stride=self.stride, name='shortcut')
      x = shortcut(before)
    return x + y


class WideResNet(nn.Module):
  """A convolution, three groups of blocks, a classifier.

  Built by `wide_resnet`. Layers are `conv`, `group1_block1`,
  `group1_block2`, ... with `conv_1`, `conv_2` and, where the shape changes,
  `shortcut`, and `logits`; by name as in forward order. A last BatchNorm,
  `norm`, stands before the classifier.
  """

  blocks: int
  stem_channels: int
  channels: tuple[int, ...]
  dropout: float
  num_classes: int
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
    """Returns logits [n, num_classes] of images [n, h, w, c], h and w >= 4."""
    _layers.check_images(x, 2 ** (len(self.channels) - 1), 'wide_resnet')
    x = self.layers.conv(self.stem_channels, 3, name='conv')(x)
    for group, filters in enumerate(self.channels, 1):
      for block in range(1, self.blocks + 1):
        stride = 2 if group > 1 and block == 1 else 1
        x = WideBlock(
          filters,
          stride,
          self.dropout,
          self.layers,
          name=f'group{group}_block{block}',
        )(x, train=train)
    x = nn.relu(self.layers.norm(train=train, name='norm')(x))
    return _nets.logits(x, self.num_classes)


def wide_resnet(
  *,
  depth: int = 22,
  width: float = 2.0,
  stem_channels: int = 16,
  dropout: float = 0.0,
  num_classes: int = 10,
  kernel_init: str | Initialiser = 'he_normal_fan_out',
  dtype: str = 'float32',
) -> WideResNet:
  """Builds WRN-`depth`-`width`.

  Args:
    depth: 6n + 4 (10, 16, 22, 28 ...): three groups of n blocks, of two
      convolutions each.
    width: the widening factor k: the groups have 16k, 32k and 64k channels
      (rounded down, at least 1).
    stem_channels: of the first convolution, which k does not widen.
    dropout: rate between the two convolutions of a block, in [0, 1).
    num_classes: logits, >= 1.
    kernel_init: of the convolutions: a name (`he_normal`, `glorot_uniform`,
      ...) or an initialiser `(key, shape, dtype) -> kernel`. The classifier's
      is N(0, 0.01^2).
    dtype: of the computation, `float32` or `bfloat16`; params are float32.

  Returns:
    A linen module: `apply(variables, x, train=False)` takes [n, h, w, c] and
    returns float32 [n, num_classes]. `variables` has `params` and
    `batch_stats`; training with dropout needs the stream `dropout`.

  Raises:
    ValueError: a hyperparameter is not valid; when called, images smaller
      than 4x4 or not of four axes.
  """
  deep = type(depth) is int and 10 <= depth <= _layers.MOST_LAYERS
  if not deep or depth % 6 != 4:
    raise ValueError(
      f'depth {depth!r}: accepted is 6n + 4 (10, 16, 22, 28, 40 ...) up to'
      f' {_layers.MOST_LAYERS}'
    )
  if not 0 <= dropout < 1:
    raise ValueError(f'dropout {dropout!r}: accepted is a rate in [0, 1)')
  _layers.positive('stem_channels', (stem_channels,))
  _layers.positive('num_classes', (num_classes,))
  return WideResNet(
    blocks=(depth - 4) // 6,
    stem_channels=stem_channels,
    channels=_layers.widened(CHANNELS, width),
    dropout=dropout,
    num_classes=num_classes,
    layers=_nets.layers(kernel_init, dtype),
  )
