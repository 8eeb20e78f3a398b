"""SNFS: the average of the dense gradient, and growth by it."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import drop_grow, normal, start

from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.snfs import snfs

SHAPE = (16, 24)
COUNTS = {'w': 96, 'exempt': None}
_tree = functools.partial(normal, shapes=dict.fromkeys(COUNTS, SHAPE))


def _observed(updater, state, seeds, key):
  for step, seed in enumerate(seeds):
    state = updater.observe(_tree(seed), state, _tree(0), step=step, key=key)
  return state


@pytest.mark.parametrize('momentum', [0.0, 0.9, 0.99])
def test_average_is_the_moving_average_of_dense_gradients(key, momentum):
  updater = snfs(COUNTS, momentum=momentum, stop_step=10)
  state = updater.init(_tree(0), key=key)
  state = _observed(updater, state, (1, 2, 3), key)
  expected = np.zeros(SHAPE)
  for seed in (1, 2, 3):
    gradient = np.asarray(_tree(seed)['w'], np.float64)
    expected = momentum * expected + (1 - momentum) * gradient
  np.testing.assert_allclose(
    state.inner.average['w'], expected, rtol=1e-5, atol=1e-6
  )
  assert state.inner.average['exempt'] is None


def test_average_starts_at_zero_in_float32_of_a_narrower_parameter_too(key):
  params = {'w': jnp.ones(SHAPE, jnp.bfloat16), 'exempt': jnp.ones(3)}
  state = snfs(COUNTS, stop_step=10).init(params, key=key)
  average = state.inner.average['w']
  assert average.dtype == jnp.float32
  assert not average.any()


def test_growth_goes_by_the_average_and_not_by_the_last_gradient(key):
  updater = snfs(COUNTS, drop_fraction=0.5, stop_step=10)
  state, params = start(updater, _tree(0))
  state = _observed(updater, state, (1, 2), key)
  _, new = updater.update(_tree(9), state, params, step=0, key=key)
  score = np.abs(state.inner.average['w'])
  kept, grown = drop_grow(state.masks['w'], params['w'], score, 48)
  np.testing.assert_array_equal(new.masks['w'], kept | grown)
  # The average itself is none of an update's.
  jax.tree.map(np.testing.assert_array_equal, new.inner, state.inner)
  assert updater.facts.step_on_update


def test_without_memory_it_grows_as_rigl_does(key):
  options = {'drop_fraction': 0.4, 'stop_step': 10}
  one, other = snfs(COUNTS, momentum=0.0, **options), rigl(COUNTS, **options)
  state, params = start(one, _tree(0))
  seen = _observed(one, state, (5,), key)
  _, new = one.update(_tree(5), seen, params, step=2, key=key)
  plain = state._replace(inner=())
  _, same = other.update(_tree(5), plain, params, step=2, key=key)
  np.testing.assert_array_equal(new.masks['w'], same.masks['w'])
