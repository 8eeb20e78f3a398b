"""LeNet5: the convolutional net 6-16-120-84-10.

LeCun et al. 1998, as the sparse-training papers use it (Evci et al. 2022,
'Gradient Flow in Sparse Neural Networks and How Lottery Tickets Win').

**Deviations** from LeCun et al.: ReLU for tanh, 2x2 max-pooling for trained
sub-sampling, every second-layer filter sees all maps, and a dense layer of
logits for the radial basis functions. Images of 28x28 are not padded, so
that the kernels hold 150, 2400, 30720, 10080 and 840 weights.
"""

from collections.abc import Sequence

import jax
from flax import linen as nn

from jaxsparse.models._convolution import convolution, max_pool
from jaxsparse.models._layers import (
  Initialiser,
  check_images,
  kernel_initialiser,
  positive,
)

WIDTHS = (6, 16, 120, 84)

# Two 5x5 valid convolutions, each with 2x2 pooling, leave 1x1 of 16x16.
_SMALLEST = 16


class LeNet5(nn.Module):
  """Two convolutions and three dense layers; built by `lenet5`.

  Layers are `Conv_0`, `Conv_1`, `Dense_0`, `Dense_1`, `Dense_2`, by name as
  in forward order; kernels [height, width, in, out] and [in, out].
  """

  features: tuple[int, ...]
  num_classes: int
  kernel_init: Initialiser

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
    """Returns logits [n, num_classes] of images [n, h, w, c], h and w >= 16."""
    del train
    check_images(x, _SMALLEST, 'lenet5')
    *convs, dense_0, dense_1 = self.features
    for filters in convs:
      x = nn.Conv(
        filters,
        (5, 5),
        padding='VALID',
        kernel_init=self.kernel_init,
        conv_general_dilated=convolution,
      )(x)
      # Equal to pooling after ReLU, which then has a quarter of the values.
      x = nn.relu(max_pool(x))
    x = x.reshape(x.shape[0], -1)
    for units in (dense_0, dense_1):
      x = nn.relu(nn.Dense(units, kernel_init=self.kernel_init)(x))
    return nn.Dense(self.num_classes, kernel_init=self.kernel_init)(x)


def lenet5(
  *,
  features: Sequence[int] = WIDTHS,
  num_classes: int = 10,
  kernel_init: str | Initialiser = 'glorot_uniform',
) -> LeNet5:
  """Builds LeNet5, with biases that start at 0.

  Args:
    features: filters of the two convolutions, then units of the two hidden
      dense layers, each >= 1.
    num_classes: logits, >= 1.
    kernel_init: a name (`glorot_uniform`, `he_normal`, ...) or an initialiser
      `(key, shape, dtype) -> kernel`.

  Returns:
    A linen module: `apply({'params': params}, x, train=False)` takes
    [n, h, w, c] and returns [n, num_classes].

  Raises:
    ValueError: a size or the initialiser's name is not valid; when called,
      images smaller than 16x16 or not of four axes.
  """
  sizes = positive('features', features)
  if len(sizes) != len(WIDTHS):
    raise ValueError(f'lenet5 features {sizes}: needed are {len(WIDTHS)} sizes')
  positive('num_classes', (num_classes,))
  return LeNet5(
    features=sizes,
    num_classes=num_classes,
    kernel_init=kernel_initialiser(kernel_init),
  )
