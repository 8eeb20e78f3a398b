"""The tangent kernel of an MLP, in float64."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis.tangent_kernel import tangent_kernel, weighted_trace

SIZES = (6, 8, 7, 4)
EXAMPLES = 32


def apply(params, x):
  for i in range(3):
    layer = params[f'Dense_{i}']
    x = x @ layer['kernel'] + layer['bias'][None]
    x = jnp.tanh(x) if i < 2 else x
  return x


def cross_entropy(logits, labels):
  chosen = jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels]
  return -jnp.mean(chosen)


def net(density):
  random = np.random.default_rng(0)
  params, masks = {}, {}
  for i, shape in enumerate(itertools.pairwise(SIZES)):
    mask = random.random(shape) < density
    kernel = np.where(mask, random.normal(size=shape), 0)
    params[f'Dense_{i}'] = {
      'kernel': jnp.asarray(kernel),
      'bias': jnp.asarray(random.normal(size=shape[1])),
    }
    masks[f'Dense_{i}'] = {'kernel': jnp.asarray(mask), 'bias': None}
  return params, masks


@pytest.mark.parametrize('density', [1.0, 0.3])
def test_the_trace_by_labels_is_the_squared_norm_of_the_gradient(density):
  with jax.enable_x64(True):
    params, masks = net(density)
    random = np.random.default_rng(1)
    x = jnp.asarray(random.normal(size=(EXAMPLES, SIZES[0])))
    labels = random.integers(SIZES[-1], size=EXAMPLES)

    def loss(params):
      return cross_entropy(apply(params, x), labels)

    grads = jax.jit(jax.grad(loss))(params)
    square = sum(
      np.sum(np.square(np.asarray(g['kernel'])[np.asarray(m['kernel'])]))
      for g, m in zip(grads.values(), masks.values(), strict=True)
    )
    kernel = jax.jit(lambda p: tangent_kernel(apply, p, masks, x))(params)
    residual = jax.grad(cross_entropy)(apply(params, x), labels)
    trace = weighted_trace(kernel, residual)
    np.testing.assert_allclose(trace, square, rtol=1e-10)
    assert kernel.shape == (128, 128)
    np.testing.assert_allclose(kernel, kernel.T, rtol=1e-12, atol=1e-12)
    assert np.linalg.eigvalsh(kernel).min() > -1e-10 * np.trace(kernel)


def test_the_kernel_of_a_product_is_that_of_its_inputs():
  """Of x W it is x x^T for each output, over the inputs that it reads."""
  mask = np.array([[1, 0], [1, 1], [0, 1]], bool)
  x = np.random.default_rng(0).normal(size=(5, 3)).astype('f')
  kernel = tangent_kernel(
    lambda p, x: x @ p['w'],
    {'w': jnp.ones((3, 2))},
    {'w': jnp.asarray(mask)},
    jnp.asarray(x),
  )
  for i, j in np.ndindex(2, 2):
    part = np.asarray(kernel).reshape(5, 2, 5, 2)[:, i, :, j]
    read = x[:, mask[:, i]]
    expected = read @ read.T if i == j else np.zeros((5, 5))
    np.testing.assert_allclose(part, expected, rtol=1e-5, atol=1e-6)
