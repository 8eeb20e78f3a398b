"""The layers and the classifier of the deeper nets."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxsparse.core import choices
from jaxsparse.models import _layers
from jaxsparse.models._layers import Initialiser

_DTYPES = ('float32', 'bfloat16')


@dataclasses.dataclass(frozen=True)
class Layers:
  """The layers of a net, with common hyperparameters.

  Attributes:
    kernel_init: of convolutions and dense layers.
    dtype: of the computation; params and statistics are float32.
    affine: whether BatchNorm has a learnable scale and shift.
  """

  kernel_init: Initialiser
  dtype: Any
  affine: bool = True

  def conv(
    self,
    filters: int,
    size: int,
    *,
    name: str,
    stride: int = 1,
    groups: int = 1,
    use_bias: bool = False,
  ) -> nn.Conv:
    """Builds a square convolution of odd size, padded equally on all sides.

    It maps h positions to ceil(h / stride).
    """
    return nn.Conv(
      filters,
      (size, size),
      strides=stride,
      padding=size // 2,
      feature_group_count=groups,
      use_bias=use_bias,
      kernel_init=self.kernel_init,
      dtype=self.dtype,
      name=name,
    )

  def dense(self, units: int, *, name: str) -> nn.Dense:
    """Builds a dense layer with a bias that starts at 0."""
    return nn.Dense(
      units, kernel_init=self.kernel_init, dtype=self.dtype, name=name
    )

  def norm(
    self,
    *,
    train: bool,
    name: str,
    scale_init: Initialiser = nn.initializers.ones,
  ) -> nn.BatchNorm:
    """Builds BatchNorm: running statistics of momentum 0.9, epsilon 1e-5."""
    return nn.BatchNorm(
      use_running_average=not train,
      momentum=0.9,
      epsilon=1e-5,
      use_scale=self.affine,
      use_bias=self.affine,
      scale_init=scale_init,
      dtype=self.dtype,
      name=name,
    )


def logits(
  x: jax.Array, num_classes: int, *, use_bias: bool = True
) -> jax.Array:
  """Applies the classifier `logits` to the mean over positions, in float32.

  Its kernel [in, num_classes] starts as N(0, 0.01^2), its bias at 0. Call
  it in the compact method of the net.

  Args:
    x: [n, ..., in].
    num_classes: logits.
    use_bias: whether it has a bias.

  Returns:
    float32 [n, num_classes].
  """
  x = jnp.mean(x.astype(jnp.float32), axis=tuple(range(1, x.ndim - 1)))
  return nn.Dense(
    num_classes,
    use_bias=use_bias,
    kernel_init=nn.initializers.normal(0.01),
    name='logits',
  )(x)


def layers(
  kernel_init: str | Initialiser, dtype: str, *, affine: bool = True
) -> Layers:
  """Builds the layers of a net from its hyperparameters.

  Args:
    kernel_init: as for `kernel_initialiser`.
    dtype: of the computation, `float32` or `bfloat16`.
    affine: whether BatchNorm has a learnable scale and shift.

  Raises:
    ValueError: a name that is not known.
  """
  choices.check(f'dtype is {dtype!r}', dtype, _DTYPES)
  init = _layers.kernel_initialiser(kernel_init)
  return Layers(init, jnp.dtype(dtype), affine)
