import jax
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.models.conv_net import conv_net


def test_passes(numpy_nets):
  def forward(net, x):
    for block in (1, 2):
      x = numpy_nets.relu(net.conv(x, f'conv{block}_1'))
      x = numpy_nets.relu(net.conv(x, f'conv{block}_2'))
      h, w = x.shape[1] // 2, x.shape[2] // 2  # What is odd is left out.
      x = x[:, : 2 * h, : 2 * w].reshape(len(x), h, 2, w, 2, -1)
      x = x.max(axis=(2, 4))
    x = x.reshape(len(x), -1)
    for i in (1, 2):
      x = numpy_nets.relu(net.dense(x, f'dense_{i}'))
    return net.dense(x, 'logits')

  module = conv_net(depth=4, num_classes=3).clone(channels=(3, 4), units=(6, 5))
  ran = numpy_nets.check(module, (9, 6, 2), forward)
  assert ran.params['dense_1']['kernel'].shape == (2 * 1 * 4, 6)


def test_kernels_start_as_gaussian_glorot_and_biases_at_0(key):
  module = conv_net(depth=2).clone(channels=(8,), units=(64, 32))
  params = jax.jit(module.init)(key, np.ones((1, 8, 8, 3)))['params']
  kernel = np.asarray(params['dense_1']['kernel'])
  assert kernel.shape == (128, 64)
  assert kernel.std() == pytest.approx(np.sqrt(2 / (128 + 64)), rel=0.05)
  # Uniform numbers of this deviation would end at 1.73 of it.
  assert np.abs(kernel).max() > 2 * kernel.std()
  biases = [v for p, v in paths.flatten(params).items() if p.endswith('bias')]
  assert len(biases) == 5
  assert not any(np.any(bias) for bias in biases)


def test_widths_are_rounded_down():
  module = conv_net(depth=6, width=0.29)
  assert (module.channels, module.units) == ((18, 37, 74), (74, 74))


@pytest.mark.parametrize(('depth', 'smallest'), [(2, 2), (4, 4), (6, 8)])
def test_images_that_do_not_fit(numpy_nets, depth, smallest):
  module = conv_net(depth=depth, width=0.01)
  numpy_nets.abstract(module, (1, smallest, smallest, 3))
  for shape in (1, smallest, smallest - 1, 3), (smallest, smallest, 3):
    with pytest.raises(ValueError, match=f'h and w at least {smallest},'):
      numpy_nets.abstract(module, shape)


@pytest.mark.parametrize(
  ('changes', 'expected'),
  [
    ({'depth': 3}, 'depth is 3; accepted are 2, 4, 6'),
    ({'width': 0.0}, 'width 0.0'),
    ({'num_classes': 0}, 'num_classes'),
    ({'kernel_init': 'glorot'}, 'kernel_init'),
  ],
)
def test_bad_arguments(changes, expected):
  with pytest.raises(ValueError, match=expected):
    conv_net(**changes)
