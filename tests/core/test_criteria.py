"""The criteria that the first methods use."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import registry
from jaxsparse.core.criteria.gradient import gradient
from jaxsparse.core.criteria.magnitude import magnitude
from jaxsparse.core.criteria.random import random
from jaxsparse.core.criteria.sensitivity import sensitivity

PARAMS = {'a': jnp.array([[1.0, -2.0], [0.0, 3.0]]), 'b': jnp.ones((2, 2))}
GRADS = {'a': jnp.array([[-5.0, 0.5], [7.0, -0.0]]), 'b': -jnp.ones((2, 2))}


@pytest.mark.parametrize(
  'name', ['gradient', 'magnitude', 'random', 'sensitivity']
)
def test_scores_have_the_structure_of_params(key, name):
  criterion = registry.resolve(name, 'jaxsparse.core.criteria')
  with jax.numpy_dtype_promotion('strict'):
    scores = criterion(PARAMS, GRADS, key=key)
  assert jax.tree.map(jnp.shape, scores) == jax.tree.map(jnp.shape, PARAMS)
  assert all(bool(jnp.all(s >= 0)) for s in jax.tree.leaves(scores))


def test_magnitude_is_of_params(key):
  scores = magnitude(PARAMS, GRADS, key=key)
  np.testing.assert_array_equal(scores['a'], [[1, 2], [0, 3]])


def test_gradient_is_of_grads(key):
  scores = gradient(PARAMS, GRADS, key=key)
  np.testing.assert_array_equal(scores['a'], [[5, 0.5], [7, 0]])
  np.testing.assert_array_equal(scores['b'], np.ones((2, 2)))


def test_sensitivity_is_of_both(key):
  scores = sensitivity(PARAMS, GRADS, key=key)
  np.testing.assert_array_equal(scores['a'], [[5, 1], [0, 0]])


def test_random_goes_by_key_and_path(key):
  scores = random(PARAMS, GRADS, key=key)
  again = random(PARAMS, None, key=key)
  other = random(PARAMS, GRADS, key=jax.random.key(1))
  np.testing.assert_array_equal(scores['a'], again['a'])
  assert not np.array_equal(scores['a'], other['a'])
  assert not np.array_equal(scores['a'], scores['b'])


def test_random_is_uniform(key):
  scores = np.asarray(random({'a': jnp.zeros((100, 100))}, None, key=key)['a'])
  assert scores.min() >= 0
  assert scores.max() < 1
  counts = np.histogram(scores, 10, (0, 1))[0]
  assert abs(counts - 1000).max() < 5 * 30
