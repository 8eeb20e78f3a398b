"""MobileNet v1 and v2.

Howard et al. 2017, "MobileNets: Efficient Convolutional Neural Networks for
Mobile Vision Applications", and Sandler et al. 2018, "MobileNetV2: Inverted
Residuals and Linear Bottlenecks".

Evci et al. 2020 (RigL) keep depthwise kernels and the first convolution dense.
The layers are called `depthwise`, so in a config

    config.updater.layers = ('*/depthwise/kernel=0', 'conv/kernel=0')

does the same, and so does `custom={'*/depthwise/kernel': 0, 'conv/kernel': 0}`
of a distribution. Kernels are [3, 3, 1, channels], one group a channel, as
`core.fans.flax` infers from the name. The initialisers of JAX ignore groups,
and take their fan-out for 9 channels and not 9: so He over fan-in by default.

**Deviations**: channels are `width` times those of the paper rounded down, as
in RigL's small dense nets, and not to multiples of 8. v1 has ReLU as in its
paper (its authors' code has ReLU6). There is no dropout before the classifier.
"""

import jax
from flax import linen as nn

from jaxsparse.core import choices
from jaxsparse.models import _layers, _nets
from jaxsparse.models._layers import Initialiser
from jaxsparse.models._nets import Layers

Group = tuple[int, int, int]

# (channels, blocks, stride of the first block) of each group.
_V1: tuple[Group, ...] = (
  (64, 1, 1),
  (128, 2, 2),
  (256, 2, 2),
  (512, 6, 2),
  (1024, 2, 2),
)
_V2: tuple[Group, ...] = (
  (16, 1, 1),
  (24, 2, 2),
  (32, 3, 2),
  (64, 4, 2),
  (96, 3, 1),
  (160, 3, 2),
  (320, 1, 1),
)
_GROUPS = {1: _V1, 2: _V2}
_STEM_CHANNELS = 32
_LAST_CHANNELS = 1280
_EXPANSION = 6
_STRIDE = 16  # That of the groups together, v1 and v2 alike.


class SeparableBlock(nn.Module):
  """v1: `depthwise` 3x3 and `pointwise` 1x1, each with BatchNorm and ReLU."""

  filters: int
  stride: int
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
    """Maps [n, h, w, c] to [n, ceil(h / stride), ceil(w / stride), filters]."""
    channels = x.shape[-1]
    conv, norm = self.layers.conv, self.layers.norm
    x = conv(
      channels, 3, stride=self.stride, groups=channels, name='depthwise'
    )(x)
    x = nn.relu(norm(train=train, name='depthwise_norm')(x))
    x = conv(self.filters, 1, name='pointwise')(x)
    return nn.relu(norm(train=train, name='pointwise_norm')(x))


class InvertedBlock(nn.Module):
  """v2: `expand` 1x1, `depthwise` 3x3, `project` 1x1 without ReLU after it.

  There is no `expand` at expansion 1. Blocks that keep the shape add their
  input.
  """

  filters: int
  stride: int
  expansion: int
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
    """Maps [n, h, w, c] to [n, ceil(h / stride), ceil(w / stride), filters]."""
    channels = self.expansion * x.shape[-1]
    conv, norm = self.layers.conv, self.layers.norm
    y = x
    if self.expansion > 1:
      y = conv(channels, 1, name='expand')(y)
      y = nn.relu6(norm(train=train, name='expand_norm')(y))
    y = conv(
      channels, 3, stride=self.stride, groups=channels, name='depthwise'
    )(y)
    y = nn.relu6(norm(train=train, name='depthwise_norm')(y))
    y = conv(self.filters, 1, name='project')(y)
    y = norm(train=train, name='project_norm')(y)
    return x + y if x.shape == y.shape else y


class MobileNet(nn.Module):
  """A convolution, groups of blocks, a classifier; built by `mobilenet`.

  Layers are `conv`, `group1_block1`, `group2_block1`, ..., in v2 `last_conv`,
  and `logits`, each convolution with its BatchNorm; by name as in forward
  order, but within blocks of v2.
  """

  version: int
  stem: str
  stem_channels: int
  groups: tuple[Group, ...]
  last_channels: int
  num_classes: int
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
    """Returns logits [n, num_classes] of images [n, h, w, c].

    h and w are at least 32 with the stem for ImageNet, 16 with that for CIFAR.
    """
    stride = 2 if self.stem == 'imagenet' else 1
    what = f'mobilenet with the stem {self.stem!r}'
    _layers.check_images(x, _STRIDE * stride, what)
    act = nn.relu if self.version == 1 else nn.relu6
    x = self.layers.conv(self.stem_channels, 3, stride=stride, name='conv')(x)
    x = act(self.layers.norm(train=train, name='norm')(x))
    for group, (filters, blocks, stride) in enumerate(self.groups, 1):
      for i in range(1, blocks + 1):
        block = self._block(group, i, filters, stride if i == 1 else 1)
        x = block(x, train=train)
    if self.version == 2:
      x = self.layers.conv(self.last_channels, 1, name='last_conv')(x)
      x = act(self.layers.norm(train=train, name='last_norm')(x))
    return _nets.logits(x, self.num_classes)

  def _block(
    self, group: int, i: int, filters: int, stride: int
  ) -> SeparableBlock | InvertedBlock:
    name = f'group{group}_block{i}'
    if self.version == 1:
      return SeparableBlock(filters, stride, self.layers, name=name)
    expansion = 1 if group == 1 else _EXPANSION
    return InvertedBlock(filters, stride, expansion, self.layers, name=name)


def mobilenet(
  *,
  version: int = 1,
  width: float = 1.0,
  stem: str = 'imagenet',
  num_classes: int = 1000,
  kernel_init: str | Initialiser = 'he_normal',
  dtype: str = 'float32',
) -> MobileNet:
  """Builds MobileNet v1 or v2, with BatchNorm and convolutions without biases.

  Args:
    version: 1 or 2.
    width: multiplies all channels (rounded down, at least 1); below 1 not
      those of the last convolution of v2, as in its paper.
    stem: the first convolution has stride 2 (`imagenet`) or 1 (`cifar`).
    num_classes: logits, >= 1.
    kernel_init: of the convolutions: a name (`he_normal`, `glorot_uniform`,
      ...) or an initialiser `(key, shape, dtype) -> kernel`. The classifier's
      is N(0, 0.01^2).
    dtype: of the computation, `float32` or `bfloat16`; params are float32.

  Returns:
    A linen module: `apply(variables, x, train=False)` takes [n, h, w, c] and
    returns float32 [n, num_classes]. `variables` has `params` and
    `batch_stats`.

  Raises:
    ValueError: a hyperparameter is not valid; when called, images smaller
      than 32x32 (16x16 with the stem for CIFAR) or not of four axes.
  """
  choices.check(f'version is {version!r}', version, _GROUPS)
  choices.check(f'stem is {stem!r}', stem, ('imagenet', 'cifar'))
  _layers.positive('num_classes', (num_classes,))
  table = _GROUPS[version]
  channels = _layers.widened((filters for filters, *_ in table), width)
  return MobileNet(
    version=version,
    stem=stem,
    stem_channels=_layers.widened([_STEM_CHANNELS], width)[0],
    groups=tuple(
      (filters, blocks, stride)
      for filters, (_, blocks, stride) in zip(channels, table, strict=True)
    ),
    last_channels=_layers.widened([_LAST_CHANNELS], max(width, 1.0))[0],
    num_classes=num_classes,
    layers=_nets.layers(kernel_init, dtype),
  )
