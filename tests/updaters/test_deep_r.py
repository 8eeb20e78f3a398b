"""Deep R: signs, rewiring and the random walk."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import normal
from plain_numpy import start as masked_start

from jaxsparse.updaters.deep_r import deep_r

SHAPE = (40, 50)
COUNTS = {'w': 400, 'exempt': None}
_tree = functools.partial(normal, shapes=dict.fromkeys(COUNTS, SHAPE))
KEY = jax.random.key(3)
UPDATER = deep_r(COUNTS, l1=0.25, noise=0.0)
UPDATE = jax.jit(UPDATER.update)


@pytest.fixture(scope='module')
def start():
  """After the first observation: params and state, on the host."""
  state, params = masked_start(UPDATER, _tree(0))
  state = UPDATER.observe(params, state, params, step=0, key=KEY)
  return jax.device_get((params, state))


def test_active_connections_take_the_sign_of_their_weight(start):
  params, state = start
  mask, positive = state.masks['w'], state.inner.positive['w']
  np.testing.assert_array_equal(positive[mask], params['w'][mask] > 0)
  drawn = positive[~mask].mean()
  assert abs(drawn - 0.5) < 5 * 0.5 / np.sqrt((~mask).sum())
  assert state.inner.positive['exempt'] is None


def test_signs_never_change_again(start):
  params, state = start
  other = jax.tree.map(np.negative, params)
  seen = UPDATER.observe(other, state, other, step=1, key=KEY)
  np.testing.assert_array_equal(
    seen.inner.positive['w'], state.inner.positive['w']
  )


def _crossed(start, places):
  """The state, with the weights at some active places of the wrong sign."""
  params, state = start
  flat = params['w'].copy().ravel()
  flat[places] *= -0.5
  return params | {'w': flat.reshape(SHAPE)}, state


def test_who_changes_sign_is_replaced_at_random(start):
  mask = start[1].masks['w'].ravel()
  places = np.flatnonzero(mask)[10:60]
  params, state = _crossed(start, places)
  found = []
  for seed in (0, 0, 1):
    key = jax.random.key(seed)
    after, new = jax.device_get(UPDATE(params, state, params, step=3, key=key))
    now = new.masks['w'].ravel()
    assert now.sum() == 400
    stayed = np.setdiff1d(np.flatnonzero(mask), places)
    assert now[stayed].all()
    assert not now[places].any()
    grown = np.setdiff1d(np.flatnonzero(now), stayed)
    assert not mask[grown].any()
    weights = after['w'].ravel()
    np.testing.assert_array_equal(weights[stayed], params['w'].ravel()[stayed])
    assert not np.delete(weights, stayed).any()
    found.append(grown.tolist())
  assert found[0] == found[1] != found[2]


def test_growth_is_uniform_over_the_dormant(start):
  mask = start[1].masks['w'].ravel()
  params, state = _crossed(start, np.flatnonzero(mask)[:100])
  keys = jax.random.split(jax.random.key(0), 800)
  update = functools.partial(UPDATER.update, params, state, params, step=0)
  masks = jax.jit(jax.vmap(lambda key: update(key=key)[1].masks['w']))(keys)
  share = np.mean(masks, axis=0).ravel()[~mask]
  p = 100 / 1600
  assert abs(share - p).max() < 5 * np.sqrt(p * (1 - p) / 800)


def test_a_weight_at_0_has_the_right_sign(start):
  params, state = start
  zeros = jax.tree.map(np.zeros_like, params)
  _, new = UPDATE(zeros, state, zeros, step=0, key=KEY)
  np.testing.assert_array_equal(new.masks['w'], state.masks['w'])


def test_a_full_layer_stays_as_it_is(key):
  updater = deep_r({'w': 6})
  params = {'w': jnp.arange(1.0, 7).reshape(2, 3)}
  state = updater.init(params, key=key)
  state = updater.observe(params, state, params, step=0, key=key)
  crossed = {'w': params['w'].at[0].multiply(-1)}
  after, new = updater.update(params, state, crossed, step=0, key=key)
  assert np.asarray(new.masks['w']).all()
  np.testing.assert_array_equal(after['w'], crossed['w'])


def test_the_drift_pulls_every_connection_towards_0(start):
  params, state = start
  given = UPDATER.regularise(_tree(1), state, params, step=0, key=KEY)
  sign = np.where(state.inner.positive['w'], 1, -1)
  np.testing.assert_allclose(
    given['w'], _tree(1)['w'] + 0.25 * sign, rtol=1e-6, atol=1e-7
  )
  np.testing.assert_array_equal(given['exempt'], _tree(1)['exempt'])


def test_the_walk_is_gaussian_and_new_on_every_step(start):
  params, state = start
  updater = deep_r(COUNTS, l1=0.0, noise=3.0)
  zeros = jax.tree.map(np.zeros_like, params)
  walk = functools.partial(updater.regularise, zeros, state, params, step=0)
  walks = [np.asarray(walk(key=jax.random.key(k))['w']) for k in (0, 1)]
  assert abs(walks[0].std() / 3 - 1) < 5 / np.sqrt(2 * walks[0].size)
  assert abs(np.corrcoef(walks[0].ravel(), walks[1].ravel())[0, 1]) < 0.12
