"""SET: random growth."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import masks as masking
from jaxsparse.updaters.set import set as set_updater

SHAPE = (16, 24)
COUNTS = {'w': 96, 'twin': 96}
PARAMS = {
  name: jnp.asarray(np.random.default_rng(i).normal(size=SHAPE), jnp.float32)
  for i, name in enumerate(COUNTS)
}
UPDATER = set_updater(COUNTS, drop_fraction=0.5, stop_step=100)


@pytest.fixture(scope='module')
def state():
  return UPDATER.init(PARAMS, key=jax.random.key(3))


@pytest.fixture(scope='module')
def params(state):
  return masking.apply_masks(PARAMS, state.masks)


def _update(state, params, step, key, grads=None):
  return UPDATER.update(grads, state, params, step=step, key=key)


def _kept(mask, weights, dropped):
  active = np.flatnonzero(mask)
  order = np.argsort(-np.abs(np.asarray(weights).ravel()[active]))
  return active[order[: active.size - dropped]]


def test_growth_is_uniform_over_all_that_was_not_kept(state, params):
  """48 of the 336 places that were not kept, the 48 just dropped included."""
  keys = jax.random.split(jax.random.key(0), 2000)
  masks = jax.jit(
    jax.vmap(lambda key: _update(state, params, 0, key)[1].masks['w'])
  )(keys)
  kept = _kept(state.masks['w'], params['w'], 48)
  share = np.mean(masks, axis=0).ravel()
  assert (share[kept] == 1).all()
  rest = np.delete(share, kept)
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
    kept = _kept(old, params[name], 48)
    assert now.ravel()[kept].all()
    assert now.sum() == 96
    expected = np.where(old & now, params[name], 0)
    np.testing.assert_array_equal(after[name], expected)


def test_the_optimiser_steps_too():
  assert UPDATER.facts.step_on_update
