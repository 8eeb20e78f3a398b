import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.models.lenet5 import lenet5


def shapes(module, shape):
  return jax.eval_shape(module.init, jax.random.key(0), jnp.zeros(shape))[
    'params'
  ]


def conv_pool(x, layer):
  """Valid 5x5 convolution, ReLU, 2x2 max-pooling; one output at a time."""
  kernel = np.asarray(layer['kernel'], np.float64)
  n, height, width, _ = x.shape
  out = np.empty((n, height - 4, width - 4, kernel.shape[-1]))
  for i in range(height - 4):
    for j in range(width - 4):
      window = x[:, i : i + 5, j : j + 5]
      out[:, i, j] = np.einsum('nhwc,hwcf->nf', window, kernel)
  out = np.maximum(out + np.asarray(layer['bias']), 0)
  h, w = out.shape[1] // 2, out.shape[2] // 2
  out = out[:, : 2 * h, : 2 * w].reshape(n, h, 2, w, 2, -1)
  return out.max(axis=(2, 4))


def numpy_forward(params, x):
  x = np.asarray(x, np.float64)
  for name in ('Conv_0', 'Conv_1'):
    x = conv_pool(x, params[name])
  x = x.reshape(len(x), -1)
  for name in ('Dense_0', 'Dense_1', 'Dense_2'):
    layer = {k: np.asarray(v, np.float64) for k, v in params[name].items()}
    x = x @ layer['kernel'] + layer['bias']
    x = x if name == 'Dense_2' else np.maximum(x, 0)
  return x


def test_sizes():
  tree = paths.flatten(shapes(lenet5(), (1, 28, 28, 1)))
  kernels = {p: leaf.size for p, leaf in tree.items() if 'kernel' in p}
  assert kernels == {
    'Conv_0/kernel': 150,
    'Conv_1/kernel': 2400,
    'Dense_0/kernel': 30_720,
    'Dense_1/kernel': 10_080,
    'Dense_2/kernel': 840,
  }
  assert sum(x.size for p, x in tree.items() if 'bias' in p) == 236
  assert paths.natural_order(kernels) == list(kernels)


def test_small_dense_widths():
  tree = paths.flatten(shapes(lenet5(features=(3, 3, 27, 20)), (1, 28, 28, 1)))
  assert sum(x.size for p, x in tree.items() if 'kernel' in p) == 2336
  assert sum(x.size for p, x in tree.items() if 'bias' in p) == 63


@pytest.mark.parametrize('shape', [(2, 16, 16, 1), (2, 19, 17, 3)])
def test_output(key, shape):
  module = lenet5(features=(3, 4, 6, 5), num_classes=3)
  params = jax.jit(module.init)(key, jnp.zeros(shape))['params']
  assert not np.any(params['Conv_0']['bias'])
  params = jax.tree.map(lambda p: np.asarray(p) + 0.05, params)  # biases too
  x = jax.random.normal(key, shape)
  apply = jax.jit(module.apply, static_argnames='train')
  got = apply({'params': params}, x, train=False)
  np.testing.assert_allclose(got, numpy_forward(params, x), atol=1e-4)


@pytest.mark.parametrize(
  'shape', [(1, 8, 8, 1), (1, 15, 28, 1), (1, 28, 15, 1), (28, 28, 1), (1, 784)]
)
def test_images_that_do_not_fit(shape):
  with pytest.raises(ValueError, match='at least 16'):
    shapes(lenet5(), shape)


@pytest.mark.parametrize(
  ('changes', 'expected'),
  [
    ({'features': (6, 16, 120)}, 'needed are 4 sizes'),
    ({'features': (6, 16, 120, -1)}, 'positive'),
    ({'num_classes': 0}, 'num_classes'),
    ({'kernel_init': 'he'}, 'kernel_init'),
  ],
)
def test_bad_arguments(changes, expected):
  with pytest.raises(ValueError, match=expected):
    lenet5(**changes)
