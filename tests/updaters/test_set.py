"""SET: random growth."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import normal, start, top

from jaxsparse.updaters.set import set as set_updater

COUNTS = {'w': 96, 'twin': 96}
UPDATER = set_updater(COUNTS, drop_fraction=0.5, stop_step=100)


@pytest.fixture(scope='module')
def begun():
  return start(UPDATER, normal(0, dict.fromkeys(COUNTS, (16, 24))))


@pytest.fixture
def state(begun):
  return begun[0]


@pytest.fixture
def params(begun):
  return begun[1]


def _update(state, params, step, key, grads=None):
  return UPDATER.update(grads, state, params, step=step, key=key)


def _kept(mask, weights):
  return top(np.where(mask, np.abs(weights), -1), 48)


def test_growth_is_uniform_over_all_that_was_not_kept(state, params):
  """48 of the 336 places that were not kept, the 48 just dropped included."""
  keys = jax.random.split(jax.random.key(0), 2000)
  masks = jax.jit(
    jax.vmap(lambda key: _update(state, params, 0, key)[1].masks['w'])
  )(keys)
  kept = _kept(state.masks['w'], params['w'])
  share = np.mean(masks, axis=0)
  assert (share[kept] == 1).all()
  rest = share[~kept]
  p = 48 / 336
  assert abs(rest - p).max() < 5 * np.sqrt(p * (1 - p) / 2000)


def test_growth_differs_by_key_step_and_leaf(state, params, key):
  runs = [
    _update(state, params, step, k)[1].masks
    for step, k in [(0, key), (0, jax.random.key(1)), (1, key)]
  ]
  grown = [
    np.flatnonzero(np.asarray(m[name]) & ~np.asarray(state.masks[name]))
    for m in runs
    for name in ('w', 'twin')
  ]
  assert len({tuple(places.tolist()) for places in grown}) == 6


def test_no_gradient_is_read(state, params, key):
  nan = jax.tree.map(lambda p: jnp.full_like(p, jnp.nan), params)
  with_nan = _update(state, params, 0, key, grads=nan)
  without = _update(state, params, 0, key)
  jax.tree.map(np.testing.assert_array_equal, with_nan, without)


def test_dropped_weights_leave_and_grown_ones_start_at_zero(state, params, key):
  after, new = _update(state, params, 0, key)
  for name in COUNTS:
    old, now = np.asarray(state.masks[name]), np.asarray(new.masks[name])
    assert now[_kept(old, params[name])].all()
    assert now.sum() == 96
    expected = np.where(old & now, params[name], 0)
    np.testing.assert_array_equal(after[name], expected)
  assert UPDATER.facts.step_on_update  # The optimiser steps too.
