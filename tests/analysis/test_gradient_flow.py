import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.analysis.gradient_flow import gradient_norm

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(7, 5)).astype(np.float32)
TARGETS = RNG.normal(size=(7, 3)).astype(np.float32)
KERNEL = RNG.normal(size=(5, 3)).astype(np.float32)
BIAS = RNG.normal(size=3).astype(np.float32)


def loss(params, batch):
  inputs, targets = batch
  error = inputs @ params['kernel'] + params['bias'][None] - targets
  return jnp.mean(jnp.sum(error**2, axis=-1))


def numpy_gradients():
  error = np.float64(INPUTS) @ KERNEL + BIAS - TARGETS
  return 2 * INPUTS.T @ error / 7, 2 * error.mean(0)


@pytest.mark.parametrize('active', [0, 1, 8, 15])
def test_the_norm_is_that_of_active_weights_and_biases(active):
  mask = np.zeros(15, bool)
  mask[RNG.permutation(15)[:active]] = True
  mask = mask.reshape(5, 3)
  kernel, bias = numpy_gradients()
  found = gradient_norm(
    loss,
    {'kernel': jnp.asarray(KERNEL), 'bias': jnp.asarray(BIAS)},
    {'kernel': jnp.asarray(mask), 'bias': None},
    (INPUTS, TARGETS),
  )
  expected = np.sqrt(np.sum(kernel[mask] ** 2) + np.sum(bias**2))
  assert found.dtype == jnp.float32
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_no_active_weight_has_no_gradient():
  found = gradient_norm(
    lambda params, _: jnp.sum(params['kernel']),
    {'kernel': jnp.ones((2, 2))},
    {'kernel': jnp.zeros((2, 2), bool)},
    None,
  )
  assert found == 0


def test_a_gradient_that_is_not_finite_shows_only_inside_the_masks():
  params = {'kernel': jnp.asarray([[0.0, 1.0]])}

  def root(params, _):
    return jnp.sum(jnp.sqrt(params['kernel']))

  for mask, finite in (([[0, 1]], True), ([[1, 1]], False)):
    found = gradient_norm(
      root, params, {'kernel': jnp.asarray(mask, bool)}, None
    )
    assert np.isfinite(found) == finite
