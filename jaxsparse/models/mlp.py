"""Multi-layer perceptrons; the default is LeNet-300-100.

LeNet-300-100 is the fully connected net of LeCun et al. 1998, two hidden
layers of 300 and 100 units, with ReLU as the sparse-training papers use it.
"""

from collections.abc import Sequence

import jax
from flax import linen as nn

from jaxsparse.models._layers import Initialiser, kernel_initialiser, positive

LENET_300_100 = (300, 100)


class MLP(nn.Module):
  """Dense layers with ReLU between; built by `mlp`.

  Layers are `Dense_0`, `Dense_1`, ... in forward order; kernels [in, out].
  """

  features: tuple[int, ...]
  num_classes: int
  kernel_init: Initialiser

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
    """Returns logits [n, num_classes] of inputs [n, ...], which it flattens."""
    del train
    if x.ndim < 2:
      raise ValueError(f'mlp takes inputs [n, ...], not of shape {x.shape}')
    x = x.reshape(x.shape[0], -1)
    for size in self.features:
      x = nn.relu(nn.Dense(size, kernel_init=self.kernel_init)(x))
    return nn.Dense(self.num_classes, kernel_init=self.kernel_init)(x)


def mlp(
  *,
  features: Sequence[int] = LENET_300_100,
  num_classes: int = 10,
  kernel_init: str | Initialiser = 'glorot_uniform',
) -> MLP:
  """Builds a multi-layer perceptron; LeNet-300-100 by default.

  Biases start at 0.

  Args:
    features: units of each hidden layer, each >= 1; may be empty.
    num_classes: logits, >= 1.
    kernel_init: a name (`glorot_uniform`, `he_normal`, ...) or an initialiser
      `(key, shape, dtype) -> kernel`.

  Returns:
    A linen module: `apply({'params': params}, x, train=False)` takes
    [n, ...] and returns [n, num_classes].

  Raises:
    ValueError: a size or the initialiser's name is not valid; when called,
      inputs without a batch axis.
  """
  positive('num_classes', (num_classes,))
  return MLP(
    features=positive('features', features),
    num_classes=num_classes,
    kernel_init=kernel_initialiser(kernel_init),
  )
