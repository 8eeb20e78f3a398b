import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.models import _convolution
from jaxsparse.models.lenet5 import lenet5


@pytest.mark.parametrize(
  ('image', 'kernel'),
  [((2, 9, 7, 3), (5, 5, 3, 4)), ((1, 6, 8, 1), (3, 2, 1, 6))],
)
def test_convolution_and_its_gradients_are_those_of_lax(key, image, kernel):
  x, w = (jax.random.normal(key, s) for s in (image, kernel))

  def loss(conv):
    def value(x, w):
      module = nn.Conv(
        w.shape[-1],
        w.shape[:2],
        padding='VALID',
        conv_general_dilated=conv,
      )
      params = {'kernel': w, 'bias': jnp.zeros(w.shape[-1])}
      return jnp.sum(jnp.sin(module.apply({'params': params}, x)))

    return jax.jit(jax.value_and_grad(value, (0, 1)))(x, w)

  got, want = loss(_convolution.convolution), loss(None)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), got, want
  )


@pytest.mark.parametrize('shape', [(2, 6, 4, 3), (1, 7, 5, 2)])
def test_max_pool_is_that_of_flax(key, shape):
  x = jax.random.normal(key, shape)
  want = nn.max_pool(x, (2, 2), strides=(2, 2))
  np.testing.assert_array_equal(_convolution.max_pool(x), want)


def test_lenet5_needs_no_convolution_of_xla_on_cpu():
  module = lenet5()
  x = jnp.zeros((1, 28, 28, 1))
  params = jax.eval_shape(module.init, jax.random.key(0), x)
  text = str(jax.make_jaxpr(module.apply)(params, x))
  assert 'conv_general_dilated' not in text
