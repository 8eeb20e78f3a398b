"""ResNet v1: for ImageNet (18 to 152 layers) and for CIFAR (20, 32, 56 ...).

He et al. 2016, "Deep Residual Learning for Image Recognition". Depths 18, 34,
50, 101 and 152 are its nets of four stages for ImageNet; other depths 6n + 2
its nets of three stages for CIFAR. What the sparse-training papers train:

    resnet(depth=50, zero_init_residual=True)  # ImageNet, RigL
    resnet(depth=50, stem='cifar')             # CIFAR-100, RigL's reproduction
    resnet(depth=20, stem='cifar', shortcut='pad')       # lottery tickets
    resnet(depth=32, stem='cifar', width=2.0)            # GraSP, double width

**Deviations** from He et al.: the stride of a bottleneck is that of its 3x3
convolution ('v1.5': as in the ResNet-50 of RigL and of torchvision), not of
its first 1x1 one. Nets of three stages have projection shortcuts where the
shape changes, unless `shortcut` says otherwise.
"""

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxsparse.core import choices
from jaxsparse.models import _layers, _nets
from jaxsparse.models._layers import Initialiser
from jaxsparse.models._nets import Layers

# Blocks of each stage, by depth; from 50 on they are bottlenecks.
_FOUR_STAGES = {
  18: (2, 2, 2, 2),
  34: (3, 4, 6, 3),
  50: (3, 4, 6, 3),
  101: (3, 4, 23, 3),
  152: (3, 8, 36, 3),
}
_BOTTLENECKS = 50
_EXPANSION = 4
_FOUR_CHANNELS = (64, 128, 256, 512)
_THREE_CHANNELS = (16, 32, 64)
_SHORTCUTS = ('projection', 'pad', 'none')


class ResNetBlock(nn.Module):
  """Convolutions `conv_1`, `conv_2`, ... with BatchNorm, and the shortcut.

  Attributes:
    convs: (filters, size, stride) of each convolution.
    shortcut: where the shape changes: `projection`, the 1x1 convolution
      `shortcut`, or `pad`, every stride-th position and channels of 0. With
      `none` no block has a shortcut.
    zero_init: whether the last BatchNorm's scale starts at 0.
    layers: makes the layers.
  """

  convs: tuple[tuple[int, int, int], ...]
  shortcut: str
  zero_init: bool
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
    """Maps [n, h, w, in] to [n, ceil(h / stride), ceil(w / stride), out]."""
    y, last = x, len(self.convs)
    for i, (filters, size, stride) in enumerate(self.convs, 1):
      zero = self.zero_init and i == last
      init = nn.initializers.zeros if zero else nn.initializers.ones
      y = self.layers.conv(filters, size, stride=stride, name=f'conv_{i}')(y)
      y = self.layers.norm(train=train, scale_init=init, name=f'norm_{i}')(y)
      y = y if i == last else nn.relu(y)
    out, stride = y.shape[-1], max(stride for *_, stride in self.convs)
    if self.shortcut == 'none':
      return nn.relu(y)
    if x.shape == y.shape:
      return nn.relu(x + y)
    if self.shortcut == 'pad':
      x = x[:, ::stride, ::stride]
      x = jnp.pad(x, ((0, 0), (0, 0), (0, 0), (0, out - x.shape[-1])))
    else:
      x = self.layers.conv(out, 1, stride=stride, name='shortcut')(x)
      x = self.layers.norm(train=train, name='shortcut_norm')(x)
    return nn.relu(x + y)


class ResNet(nn.Module):
  """A stem, stages of blocks and a classifier; built by `resnet`.

  Layers are `conv` (with `norm`), `group1_block1`, `group1_block2`, ... with
  `conv_1`, `conv_2`, ... and, where the shape changes, `shortcut`, and
  `logits`; by name as in forward order.
  """

  blocks: tuple[int, ...]
  channels: tuple[int, ...]
  bottleneck: bool
  stem: str
  shortcut: str
  zero_init: bool
  num_classes: int
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
    """Returns logits [n, num_classes] of images [n, h, w, c].

    h and w are at least 32 with the stem for ImageNet, 8 with that for CIFAR,
    and 4 in nets of three stages.
    """
    imagenet = self.stem == 'imagenet'
    smallest = 2 ** (len(self.blocks) - 1) * (4 if imagenet else 1)
    _layers.check_images(x, smallest, f'resnet with the stem {self.stem!r}')
    size, stride = (7, 2) if imagenet else (3, 1)
    x = self.layers.conv(self.channels[0], size, stride=stride, name='conv')(x)
    x = nn.relu(self.layers.norm(train=train, name='norm')(x))
    if imagenet:
      x = nn.max_pool(x, (3, 3), strides=(2, 2), padding=((1, 1), (1, 1)))
    stages = zip(self.blocks, self.channels, strict=True)
    for group, (blocks, filters) in enumerate(stages, 1):
      for block in range(1, blocks + 1):
        stride = 2 if group > 1 and block == 1 else 1
        x = ResNetBlock(
          _convs(filters, stride, self.bottleneck),
          self.shortcut,
          self.zero_init,
          self.layers,
          name=f'group{group}_block{block}',
        )(x, train=train)
    return _nets.logits(x, self.num_classes)


def _convs(
  filters: int, stride: int, bottleneck: bool
) -> tuple[tuple[int, int, int], ...]:
  """Returns (filters, size, stride) of each convolution of a block."""
  if not bottleneck:
    return (filters, 3, stride), (filters, 3, 1)
  return (filters, 1, 1), (filters, 3, stride), (_EXPANSION * filters, 1, 1)


def resnet(
  *,
  depth: int = 50,
  width: float = 1.0,
  stem: str = 'imagenet',
  shortcut: str = 'projection',
  zero_init_residual: bool = False,
  affine: bool = True,
  num_classes: int = 1000,
  kernel_init: str | Initialiser = 'he_normal_fan_out',
  dtype: str = 'float32',
) -> ResNet:
  """Builds a ResNet with BatchNorm and convolutions without biases.

  Args:
    depth: 18, 34 (basic blocks of two 3x3 convolutions), 50, 101 or 152
      (bottlenecks): four stages of 64, 128, 256 and 512 channels, times 4
      after bottlenecks. Any other 6n + 2: three stages of n basic blocks of
      16, 32 and 64 channels, with the stem for CIFAR only.
    width: multiplies all channels (rounded down, at least 1).
    stem: `imagenet`, a 7x7 convolution of stride 2 and 3x3 max-pooling of
      stride 2, or `cifar`, a 3x3 convolution of stride 1.
    shortcut: where a block changes the shape: `projection`, a 1x1 convolution
      with BatchNorm (option B of He et al.), or `pad`, every second position
      and channels of 0 (option A), which has no params. `none`: no shortcuts
      at all, He et al.'s plain net.
    zero_init_residual: the scale of each block's last BatchNorm starts at 0.
      Kernels of blocks, but projections, then have a gradient of 0 at step 0:
      scores from gradients there (SNIP, GraSP, RigL's update at step 0) are
      tied.
    affine: whether BatchNorm has a learnable scale and shift.
    num_classes: logits, >= 1.
    kernel_init: of the convolutions: a name (`he_normal`, `lecun_normal`,
      ...) or an initialiser `(key, shape, dtype) -> kernel`. RigL's code has
      `lecun_normal`. The classifier's is N(0, 0.01^2).
    dtype: of the computation, `float32` or `bfloat16`; params are float32.

  Returns:
    A linen module: `apply(variables, x, train=False)` takes [n, h, w, c] and
    returns float32 [n, num_classes]. `variables` has `params` and
    `batch_stats`.

  Raises:
    ValueError: a hyperparameter is not valid; when called, images smaller
      than the net's total stride or not of four axes.
  """
  choices.check(f'stem is {stem!r}', stem, ('imagenet', 'cifar'))
  choices.check(f'shortcut is {shortcut!r}', shortcut, _SHORTCUTS)
  if zero_init_residual and (not affine or shortcut == 'none'):
    raise ValueError(
      f'zero_init_residual with affine={affine} and shortcut={shortcut!r}:'
      ' accepted with affine, and a shortcut other than none'
    )
  _layers.positive('num_classes', (num_classes,))
  blocks = _blocks(depth, stem)
  channels = _FOUR_CHANNELS if depth in _FOUR_STAGES else _THREE_CHANNELS
  return ResNet(
    blocks=blocks,
    channels=_layers.widened(channels, width),
    bottleneck=depth in _FOUR_STAGES and depth >= _BOTTLENECKS,
    stem=stem,
    shortcut=shortcut,
    zero_init=zero_init_residual,
    num_classes=num_classes,
    layers=_nets.layers(kernel_init, dtype, affine=affine),
  )


def _blocks(depth: int, stem: str) -> tuple[int, ...]:
  """Returns the number of blocks of each stage."""
  if depth in _FOUR_STAGES:
    return _FOUR_STAGES[depth]
  deep = type(depth) is int and 8 <= depth <= _layers.MOST_LAYERS
  if not deep or depth % 6 != 2:
    raise ValueError(
      f'depth {depth!r}: accepted are {", ".join(map(str, _FOUR_STAGES))},'
      " and with stem 'cifar' 6n + 2 (20, 32, 44, 56, 110 ...) up to"
      f' {_layers.MOST_LAYERS}'
    )
  if stem != 'cifar':
    raise ValueError(
      f"stem {stem!r}: a resnet of depth {depth} has stem 'cifar' only"
    )
  return (depth // 6,) * len(_THREE_CHANNELS)
