"""DSR against a plain numpy reading of its algorithm 1."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import normal
from plain_numpy import start as masked_start

from jaxsparse.updaters.dsr import DSRState, dsr

SHAPES = {'a': (30, 40), 'b': (20, 20), 'c': (10, 30)}
COUNTS = {'a': 300, 'b': 200, 'c': 100}
KEY = jax.random.key(3)
UPDATER = dsr(COUNTS, drop_fraction=0.2, tolerance=0.1)
THRESHOLDS = (0.02, 0.2, 0.3, 0.35, 0.4, 0.8)
UPDATE = jax.jit(UPDATER.update)


def _params():
  """Layers of other scales, so that one threshold tells them apart."""
  scales = {'a': 1, 'b': 2, 'c': 0.5}
  return {k: scales[k] * draw for k, draw in normal(0, SHAPES).items()}


@pytest.fixture(scope='module')
def start():
  return masked_start(UPDATER, _params())[::-1]


def _update(start, threshold, seed=0):
  params, state = start
  state = state._replace(inner=DSRState(jnp.float32(threshold)))
  key = jax.random.key(seed)
  return jax.device_get(UPDATE(params, state, params, step=4, key=key))


def _dropped(start, threshold):
  params, state = jax.device_get(start)
  gone = {k: state.masks[k] & (np.abs(params[k]) < threshold) for k in COUNTS}
  return gone, sum(int(g.sum()) for g in gone.values())


@pytest.mark.parametrize('threshold', [0.02, 0.2, 0.35, 0.8])
def test_what_is_below_the_threshold_goes_and_comes_back_by_what_stays(
  start, threshold
):
  params, state = jax.device_get(start)
  after, new = _update(start, threshold)
  gone, total = _dropped(start, threshold)
  stay = {k: COUNTS[k] - int(gone[k].sum()) for k in COUNTS}
  for k in COUNTS:
    kept = state.masks[k] & ~gone[k]
    assert new.masks[k][kept].all()
    grown = int(new.masks[k].sum()) - stay[k]
    assert abs(grown - total * stay[k] / sum(stay.values())) <= 1
    both = state.masks[k] & new.masks[k]
    np.testing.assert_array_equal(after[k], np.where(both, params[k], 0))
  assert sum(int(m.sum()) for m in new.masks.values()) == 600


@pytest.mark.parametrize('threshold', THRESHOLDS)
def test_the_threshold_follows_what_it_dropped(start, threshold):
  """Wanted are 120 at a time, give or take 12."""
  _, total = _dropped(start, threshold)
  factor = 2 if total < 108 else 0.5 if total > 132 else 1
  _, new = _update(start, threshold)
  np.testing.assert_allclose(new.inner.threshold, factor * threshold)


def test_there_are_thresholds_of_all_three_kinds(start):
  totals = [_dropped(start, t)[1] for t in THRESHOLDS]
  assert min(totals) < 108
  assert max(totals) > 132
  assert any(108 <= t <= 132 for t in totals)


def test_the_first_update_drops_what_is_wanted(start):
  params, state = jax.device_get(start)
  _, new = _update(start, 0.0)
  sizes = np.concatenate([np.abs(params[k])[state.masks[k]] for k in COUNTS])
  expected = np.sort(sizes)[120]
  assert new.inner.threshold == expected
  assert _dropped(start, expected)[1] == 120


def test_growth_is_random_by_key(start):
  masks = [_update(start, 0.3, seed)[1].masks['a'] for seed in (0, 0, 1)]
  np.testing.assert_array_equal(masks[0], masks[1])
  assert (masks[0] != masks[2]).any()


def test_of_a_layer_below_the_threshold_the_largest_weight_stays(start):
  """With a part of what is grown, 1 / sum R, and so it may come back."""
  params, state = jax.device_get(start)
  params = params | {'c': params['c'] * 1e-3}
  gone, total = _dropped((params, state), 0.01)
  assert gone['c'].sum() == 100
  after, new = _update((params, state), 0.01)
  best = np.argmax(np.abs(params['c']))
  assert new.masks['c'].flat[best]
  assert after['c'].flat[best] == params['c'].flat[best]
  stay = {k: COUNTS[k] - int(gone[k].sum()) for k in 'ab'} | {'c': 1}
  for k, n in stay.items():
    grown = int(new.masks[k].sum()) - n
    assert abs(grown - (total - 1) * n / sum(stay.values())) <= 1
  assert sum(int(m.sum()) for m in new.masks.values()) == 600


def test_a_threshold_above_all_leaves_each_layer_a_weight(start):
  """Of two that are as large the first; the rest is handed out alike."""
  params, state = jax.device_get(start)
  params = jax.tree.map(np.sign, params)
  _, new = _update((params, state), 2.0)
  assert [int(new.masks[k].sum()) for k in 'abc'] == [200, 200, 200]
  for k in COUNTS:
    assert new.masks[k].flat[np.flatnonzero(state.masks[k])[0]]
  assert new.inner.threshold == 1.0


def test_a_layer_without_weights_is_left_so(start):
  params, state = start
  masks = state.masks | {'c': jnp.zeros(SHAPES['c'], bool)}
  _, new = _update((params, state._replace(masks=masks)), 0.35)
  assert int(new.masks['c'].sum()) == 0
  assert sum(int(m.sum()) for m in new.masks.values()) == 500


def test_nothing_is_masked(key):
  updater = dsr({'w': None})
  params = {'w': jnp.ones(3)}
  state = updater.init(params, key=key)
  after, new = updater.update(params, state, params, step=0, key=key)
  assert after is params
  assert new.masks == {'w': None}
