"""SNIP against a numpy ranking, by layer and over all layers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import normal, top

from jaxsparse.updaters.snip import snip

COUNTS = {'deep': 60, 'exempt': None, 'wide': 25}
SHAPES = {'deep': (9, 16), 'exempt': (7,), 'wide': (12, 5)}


PARAMS, GRADS = normal(0, SHAPES), normal(1, SHAPES)
# So that a ranking of all together is not that of each alone.
GRADS['wide'] *= 5
SCORES = {name: np.abs(PARAMS[name] * GRADS[name]) for name in ('deep', 'wide')}


def _pruned(key, params=PARAMS, grads=GRADS, **options):
  updater = snip(COUNTS, **options)
  params, grads = (jax.tree.map(jnp.asarray, x) for x in (params, grads))
  state = updater.init(params, key=key)
  assert all(mask.all() for mask in jax.tree.leaves(state.masks))
  return updater.update(grads, state, params, step=0, key=key)


def test_each_layer_keeps_its_most_sensitive(key):
  params, state = _pruned(key)
  for name, scores in SCORES.items():
    expected = top(scores, COUNTS[name])
    np.testing.assert_array_equal(state.masks[name], expected)
    np.testing.assert_array_equal(
      params[name], np.where(expected, PARAMS[name], 0)
    )
  assert state.masks['exempt'] is None
  np.testing.assert_array_equal(params['exempt'], PARAMS['exempt'])


def test_ranked_together_layers_share_out_what_they_keep_in_all(key):
  _, state = _pruned(key, global_ranking=True)
  scores = np.concatenate([SCORES['deep'].ravel(), SCORES['wide'].ravel()])
  masks = [np.asarray(state.masks[name]).ravel() for name in SCORES]
  np.testing.assert_array_equal(np.concatenate(masks), top(scores, 60 + 25))
  assert masks[1].sum() > COUNTS['wide']
  invariants = [
    snip(COUNTS, global_ranking=g).facts.invariant for g in (False, True)
  ]
  assert invariants == ['scheduled', 'scheduled_total']


@pytest.mark.parametrize('others', [1.0, np.inf])
def test_ranked_together_a_layer_that_is_to_stay_dense_stays_so(key, others):
  counts = COUNTS | {'wide': 60}
  updater = snip(counts, global_ranking=True)
  params, grads = (jax.tree.map(jnp.asarray, x) for x in (PARAMS, GRADS))
  grads['wide'] *= 1e-6
  grads['deep'] *= others
  state = updater.init(params, key=key)
  _, new = updater.update(grads, state, params, step=0, key=key)
  assert new.masks['wide'].all()
  assert int(new.masks['deep'].sum()) == 60


@pytest.mark.parametrize('global_ranking', [False, True])
def test_weights_alone_decide_nothing_and_gradients_alone_neither(
  key, global_ranking
):
  """The largest weight has no gradient, the largest gradient no weight."""
  params, grads = (jax.tree.map(np.copy, x) for x in (PARAMS, GRADS))
  params['deep'][0, 0], grads['deep'][0, 0] = 100.0, 0.0
  params['wide'][0, 0], grads['wide'][0, 0] = 0.0, 100.0
  _, state = _pruned(key, params, grads, global_ranking=global_ranking)
  assert not state.masks['deep'][0, 0]
  assert not state.masks['wide'][0, 0]
  assert sum(int(m.sum()) for m in jax.tree.leaves(state.masks)) == 85
