"""Small nets of each kind, with weights and statistics that all differ."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.models.conv_net import conv_net
from jaxsparse.models.lenet5 import lenet5
from jaxsparse.models.mlp import mlp
from jaxsparse.models.mobilenet import mobilenet
from jaxsparse.models.resnet import resnet
from jaxsparse.models.vgg import vgg
from jaxsparse.models.wide_resnet import wide_resnet

MODELS = {
  'mlp': mlp(features=(20, 12)),
  'lenet5': lenet5(features=(3, 4, 9, 7)),
  'conv_net': conv_net(width=0.1),
  'vgg': vgg(depth=11, width=0.1, pools=3, num_classes=10),
  'vgg_plain': vgg(depth=11, width=0.1, batch_norm=False, num_classes=10),
  'resnet': resnet(depth=8, stem='cifar', width=0.5, num_classes=10),
  'resnet_pad': resnet(depth=8, stem='cifar', shortcut='pad', width=0.5),
  'resnet_none': resnet(depth=8, stem='cifar', shortcut='none', width=0.5),
  'resnet_no_affine': resnet(depth=8, stem='cifar', affine=False, width=0.5),
  'resnet_bottleneck': resnet(depth=50, width=0.1, num_classes=10),
  'wide_resnet': wide_resnet(depth=10, width=0.5),
  'mobilenet': mobilenet(width=0.1, num_classes=10),
}
SLOW = ('mobilenet', 'resnet_bottleneck')


class Net(NamedTuple):
  module: nn.Module
  params: dict
  state: dict
  inputs: np.ndarray

  def logits(self, params, state, inputs):
    return self.module.apply({'params': params, **state}, inputs, train=False)


def drawn(module, seed=0, side=32):
  """Returns a net of random weights, gains, biases and statistics."""
  random = np.random.default_rng(seed)
  images = random.normal(size=(2, side, side, 3)).astype('f')
  shapes = dict(
    jax.eval_shape(lambda x: module.init(jax.random.key(0), x), images)
  )

  def leaf(path, shape):
    size = np.prod(shape.shape[:-1]) if len(shape.shape) > 1 else 4.0
    values = random.normal(size=shape.shape) / np.sqrt(size)
    if path[-1].key in ('scale', 'var'):
      values = 1 + np.abs(values)
    return jnp.asarray(values, jnp.float32)

  variables = jax.tree.map_with_path(leaf, shapes)
  return Net(module, variables.pop('params'), variables, images)


@pytest.fixture(
  scope='session',
  params=[
    pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else [])
    for name in sorted(MODELS)
  ],
)
def net(request):
  return drawn(MODELS[request.param])


@pytest.fixture(scope='session')
def draw():
  """Draws a net of a model by its name."""
  return lambda name, **options: drawn(MODELS[name], **options)
