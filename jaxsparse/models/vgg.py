"""VGG: five blocks of 3x3 convolutions.

Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale
Image Recognition", as the sparse-training papers use it: the convolutional
part, the mean over positions and one classifier in place of three dense
layers. Two nets of theirs:

    # ImageNet: Evci et al. 2022, "Gradient Flow in Sparse Neural Networks and
    # How Lottery Tickets Win". No BatchNorm and no bias anywhere.
    vgg(depth=16, pools=5, batch_norm=False, use_bias=False)
    # CIFAR and Tiny-ImageNet: Wang et al. 2020, "Picking Winning Tickets
    # Before Training by Preserving Gradient Flow" (GraSP).
    vgg(depth=19, pools=4, kernel_init='he_normal_fan_out')

**Deviations**: the classifier of Evci et al. is a 1x1 convolution before the
mean; here it is the dense layer that gives the same logits, whose ERK density
differs by 2 parts in 1,514. Max-pooling stands before the ReLU, which is the
same function. Where no BatchNorm follows and `use_bias` is set, biases start
at 0.
"""

import jax
from flax import linen as nn

from jaxsparse.core import choices
from jaxsparse.models import _layers, _nets
from jaxsparse.models._convolution import max_pool
from jaxsparse.models._layers import Initialiser
from jaxsparse.models._nets import Layers

CHANNELS = (64, 128, 256, 512, 512)

# Convolutions of each block, by depth.
_CONVS = {
  11: (1, 1, 2, 2, 2),
  13: (2, 2, 2, 2, 2),
  16: (2, 2, 3, 3, 3),
  19: (2, 2, 4, 4, 4),
}


class VGG(nn.Module):
  """Five blocks of convolutions and a classifier; built by `vgg`.

  Layers are `conv1_1`, `conv1_2`, `conv2_1`, ..., each with `norm1_1`, ... if
  there is BatchNorm, and `logits`; by name as in forward order. Kernels are
  [3, 3, in, out] and [in, num_classes].
  """

  convs: tuple[int, ...]
  channels: tuple[int, ...]
  pools: int
  batch_norm: bool
  use_bias: bool
  num_classes: int
  layers: Layers

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
    """Returns logits [n, num_classes] of images [n, h, w, c].

    h and w are at least 2**pools.
    """
    _layers.check_images(x, 2**self.pools, f'vgg of {self.pools} pools')
    blocks = zip(self.convs, self.channels, strict=True)
    for block, (convs, filters) in enumerate(blocks, 1):
      for i in range(1, convs + 1):
        x = self.layers.conv(
          filters,
          3,
          use_bias=self.use_bias and not self.batch_norm,
          name=f'conv{block}_{i}',
        )(x)
        if self.batch_norm:
          x = self.layers.norm(train=train, name=f'norm{block}_{i}')(x)
        if i == convs and block <= self.pools:
          x = max_pool(x)
        x = nn.relu(x)
    return _nets.logits(x, self.num_classes, use_bias=self.use_bias)


def vgg(
  *,
  depth: int = 16,
  width: float = 1.0,
  pools: int = 5,
  batch_norm: bool = True,
  use_bias: bool = True,
  affine: bool = True,
  num_classes: int = 1000,
  kernel_init: str | Initialiser = 'he_normal',
  dtype: str = 'float32',
) -> VGG:
  """Builds VGG of 64, 128, 256, 512 and 512 channels, with one classifier.

  Args:
    depth: 11, 13, 16 or 19, as in the paper, where three dense layers count;
      here there are two layers fewer.
    width: multiplies all channels (rounded down, at least 1).
    pools: 2x2 max-pooling follows the first `pools` blocks, 1 to 5: 5 in the
      paper, 4 in the nets for CIFAR.
    batch_norm: BatchNorm after each convolution.
    use_bias: biases in layers that no BatchNorm follows: the classifier, and
      without `batch_norm` the convolutions.
    affine: whether BatchNorm has a learnable scale and shift.
    num_classes: logits, >= 1.
    kernel_init: of the convolutions: a name (`he_normal`, `glorot_uniform`,
      ...) or an initialiser `(key, shape, dtype) -> kernel`. The classifier's
      is N(0, 0.01^2).
    dtype: of the computation, `float32` or `bfloat16`; params are float32.

  Returns:
    A linen module: `apply(variables, x, train=False)` takes [n, h, w, c] and
    returns float32 [n, num_classes]. `variables` has `params`, and
    `batch_stats` if there is BatchNorm.

  Raises:
    ValueError: a hyperparameter is not valid; when called, images smaller
      than 2**pools or not of four axes.
  """
  choices.check(f'depth is {depth!r}', depth, _CONVS)
  choices.check(f'pools is {pools!r}', pools, range(1, len(CHANNELS) + 1))
  _layers.positive('num_classes', (num_classes,))
  return VGG(
    convs=_CONVS[depth],
    channels=_layers.widened(CHANNELS, width),
    pools=pools,
    batch_norm=batch_norm,
    use_bias=use_bias,
    num_classes=num_classes,
    layers=_nets.layers(kernel_init, dtype, affine=affine),
  )
