"""One-shot magnitude pruning."""

import jax.numpy as jnp
import numpy as np

from jaxsparse.updaters.magnitude import magnitude

SHAPE = (16, 24)
COUNTS = {'w': 50, 'exempt': None}
PARAMS = {
  name: jnp.asarray(np.random.default_rng(i).normal(size=SHAPE), jnp.float32)
  for i, name in enumerate(COUNTS)
}
UPDATER = magnitude(COUNTS)


def test_it_is_dense_until_the_mask_step(key):
  state = UPDATER.init(PARAMS, key=key)
  assert state.masks['w'].all()
  assert state.masks['exempt'] is None


def test_it_keeps_the_largest(key):
  state = UPDATER.init(PARAMS, key=key)
  params, state = UPDATER.update(None, state, PARAMS, step=7, key=key)
  size = np.abs(np.asarray(PARAMS['w'])).ravel()
  largest = np.sort(np.argsort(-size)[:50])
  np.testing.assert_array_equal(np.flatnonzero(state.masks['w']), largest)
  expected = np.where(state.masks['w'], PARAMS['w'], 0)
  np.testing.assert_array_equal(params['w'], expected)
  np.testing.assert_array_equal(params['exempt'], PARAMS['exempt'])


def test_ties_go_to_the_first_place(key):
  params = {'w': jnp.ones(SHAPE), 'exempt': PARAMS['exempt']}
  state = UPDATER.init(params, key=key)
  _, state = UPDATER.update(None, state, params, step=0, key=key)
  np.testing.assert_array_equal(np.flatnonzero(state.masks['w']), range(50))


def test_what_is_ranked_is_what_the_run_started_from():
  assert not UPDATER.step_on_update
  assert UPDATER.mask_steps == 'first'
