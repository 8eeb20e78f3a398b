"""One-shot magnitude pruning."""

import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import normal, top

from jaxsparse.updaters.magnitude import magnitude
from jaxsparse.updaters.snip import snip

SHAPE = (16, 24)
COUNTS = {'w': 50, 'exempt': None}
PARAMS = normal(0, dict.fromkeys(COUNTS, SHAPE))
UPDATER = magnitude(COUNTS)


def test_it_is_dense_until_the_mask_step_and_then_keeps_the_largest(key):
  state = UPDATER.init(PARAMS, key=key)
  assert state.masks['w'].all()
  assert state.masks['exempt'] is None
  params, state = UPDATER.update(None, state, PARAMS, step=7, key=key)
  largest = top(np.abs(PARAMS['w']), 50)
  np.testing.assert_array_equal(state.masks['w'], largest)
  expected = np.where(state.masks['w'], PARAMS['w'], 0)
  np.testing.assert_array_equal(params['w'], expected)
  np.testing.assert_array_equal(params['exempt'], PARAMS['exempt'])


def test_ties_go_to_the_first_place(key):
  params = {'w': jnp.ones(SHAPE), 'exempt': PARAMS['exempt']}
  state = UPDATER.init(params, key=key)
  _, state = UPDATER.update(None, state, params, step=0, key=key)
  np.testing.assert_array_equal(np.flatnonzero(state.masks['w']), range(50))


@pytest.mark.parametrize('dense', [False, True])
def test_ranked_together_layers_share_out_what_they_keep_in_all(key, dense):
  """Of smaller weights fewer stay, but for a layer that is to stay dense."""
  params = PARAMS | {'small': 0.1 * PARAMS['exempt']}
  counts = COUNTS | {'small': 384 if dense else 50}
  updater = magnitude(counts, global_ranking=True)
  assert updater.facts.invariant == 'scheduled_total'
  state = updater.init(params, key=key)
  _, state = updater.update(None, state, params, step=0, key=key)
  sizes = {k: np.abs(np.asarray(params[k])).ravel() for k in ('small', 'w')}
  if dense:
    sizes['small'] += 100
  together = np.concatenate([sizes['small'], sizes['w']])
  masks = [np.ravel(state.masks[k]) for k in ('small', 'w')]
  best = top(together, 50 + counts['small'])
  np.testing.assert_array_equal(np.concatenate(masks), best)
  assert masks[0].sum() == (384 if dense else 0)


def test_a_structure_is_of_each_layer():
  with pytest.raises(ValueError, match="structure is 'n_m'; accepted with gl"):
    magnitude(COUNTS, global_ranking=True, structure='n_m', structure_size=(4,))


@pytest.mark.parametrize('method', [magnitude, snip])
def test_what_is_ranked_is_what_the_run_started_from(method):
  facts = method(COUNTS).facts
  assert not facts.step_on_update
  assert facts.mask_steps == 'first'
