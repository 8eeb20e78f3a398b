import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import paths
from jaxsparse.models.mlp import LENET_300_100, mlp


def init(module, shape, key):
  return jax.jit(module.init)(key, jnp.zeros(shape))['params']


def numpy_forward(params, x):
  x = np.asarray(x, np.float64).reshape(len(x), -1)
  for i in range(len(params)):
    layer = params[f'Dense_{i}']
    x = x @ np.asarray(layer['kernel'], np.float64) + np.asarray(layer['bias'])
    if i < len(params) - 1:
      x = np.maximum(x, 0)
  return x


def test_lenet_300_100_is_the_default():
  shapes = jax.eval_shape(
    mlp().init, jax.random.key(0), jnp.zeros((1, 28, 28, 1))
  )['params']
  sizes = {p: leaf.size for p, leaf in paths.flatten(shapes).items()}
  assert sizes == {
    'Dense_0/kernel': 235_200,
    'Dense_0/bias': 300,
    'Dense_1/kernel': 30_000,
    'Dense_1/bias': 100,
    'Dense_2/kernel': 1000,
    'Dense_2/bias': 10,
  }
  assert LENET_300_100 == (300, 100)


@pytest.mark.parametrize('train', [False, True])
def test_output(key, train):
  module = mlp(features=(7, 5), num_classes=3)
  params = init(module, (1, 4, 4, 1), key)
  params = jax.tree.map(lambda p: np.asarray(p) + 0.1, params)  # biases too
  x = jax.random.normal(key, (6, 4, 4, 1))
  apply = jax.jit(module.apply, static_argnames='train')
  got = apply({'params': params}, x, train=train)
  assert got.shape == (6, 3)
  np.testing.assert_allclose(got, numpy_forward(params, x), atol=1e-5)


def test_layers_sort_in_forward_order(key):
  module = mlp(features=(2,) * 11)
  names = paths.natural_order(
    jax.eval_shape(module.init, key, jnp.zeros((1, 4)))['params']
  )
  assert names == [f'Dense_{i}' for i in range(12)]


def test_biases_start_at_zero_and_kernels_in_the_glorot_interval(key):
  params = init(mlp(features=(200,)), (1, 100), key)
  assert not np.any(params['Dense_0']['bias'])
  limit = np.sqrt(6 / (100 + 200))
  largest = np.abs(params['Dense_0']['kernel']).max()
  assert 0.99 * limit < largest <= limit


def test_another_initialiser(key):
  params = init(mlp(features=(300,), kernel_init='he_normal'), (1, 100), key)
  spread = np.std(params['Dense_0']['kernel'])
  assert spread == pytest.approx(np.sqrt(2 / 100), rel=0.03)
  zeros = mlp(features=(3,), kernel_init=jax.nn.initializers.zeros)
  assert not np.any(init(zeros, (1, 4), key)['Dense_0']['kernel'])


def test_no_hidden_layer(key):
  params = init(mlp(features=()), (1, 4), key)
  assert list(params) == ['Dense_0']


@pytest.mark.parametrize(
  ('changes', 'expected'),
  [
    ({'features': (300, 0)}, 'features .*positive'),
    ({'features': (300, 1.5)}, 'features .*positive'),
    ({'num_classes': 0}, 'num_classes .*positive'),
    ({'kernel_init': 'glorot_unifrom'}, "Did you mean 'glorot_uniform'"),
  ],
)
def test_bad_arguments(changes, expected):
  with pytest.raises(ValueError, match=expected):
    mlp(**changes)


def test_an_input_without_a_batch_axis(key):
  with pytest.raises(ValueError, match=r'not of shape \(4,\)'):
    mlp().init(key, jnp.zeros(4))
