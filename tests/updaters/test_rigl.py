"""RigL against a plain numpy reading of algorithm 1."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import drop_grow, normal, start

from jaxsparse.core import masks as masking
from jaxsparse.updaters.rigl import rigl

SHAPE = (16, 24)
COUNTS = {'a': 90, 'b': 7, 'exempt': None}
_tree = functools.partial(normal, shapes=dict.fromkeys(COUNTS, SHAPE))


@pytest.fixture(scope='module')
def state():
  updater = rigl(COUNTS, stop_step=100)
  return updater.init(_tree(0), key=jax.random.key(3))


@pytest.mark.parametrize('step', [0, 25, 50, 90, 99])
def test_update_drops_the_smallest_and_grows_the_steepest(state, step, key):
  params, grads = masking.apply_masks(_tree(0), state.masks), _tree(1)
  updater = rigl(COUNTS, drop_fraction=0.4, stop_step=100)
  after, new = updater.update(grads, state, params, step=step, key=key)
  fraction = 0.2 * (1 + math.cos(math.pi * step / 100))
  for name in 'ab':
    mask, weights = state.masks[name], params[name]
    dropped = math.floor(fraction * COUNTS[name])
    kept, grown = drop_grow(mask, weights, np.abs(grads[name]), dropped)
    np.testing.assert_array_equal(new.masks[name], kept | grown)
    assert new.masks[name].sum() == COUNTS[name]
    both = mask & new.masks[name]
    np.testing.assert_array_equal(after[name], np.where(both, weights, 0))
  np.testing.assert_array_equal(after['exempt'], params['exempt'])
  assert new.masks['exempt'] is None


def test_by_hand(key):
  """f = 0.5 of four: 0.1 and -0.2 go; the steepest of the rest come.

  0.1 has the steepest gradient: it is dropped, grown, and left alone.
  """
  masks = {'w': jnp.array([[True, True, True], [True, False, False]])}
  params = {'w': jnp.array([[0.1, -3.0, 2.0], [-0.2, 0.0, 0.0]])}
  grads = {'w': jnp.array([[-9.0, 50.0, 50.0], [1.0, 2.0, -3.0]])}
  updater = rigl({'w': 4}, drop_fraction=0.5, stop_step=10)
  state = updater.init(params, key=key)._replace(masks=masks)
  after, new = updater.update(grads, state, params, step=0, key=key)
  np.testing.assert_array_equal(new.masks['w'], [[1, 1, 1], [0, 0, 1]])
  np.testing.assert_allclose(after['w'], [[0.1, -3, 2], [0, 0, 0]])


def test_the_drop_fraction_starts_at_start_step_and_ends_at_stop_step(key):
  """No gradient inside the masks: all that is dropped moves away."""
  updater = rigl({'w': 100}, drop_fraction=0.3, start_step=40, stop_step=80)
  state, params = start(updater, {'w': _tree(0)['a']})
  grads = {'w': jnp.where(state.masks['w'], 0.0, 1.0)}
  moved = []
  for step in (40, 60, 80, 200):
    _, new = updater.update(grads, state, params, step=step, key=key)
    moved.append(int(jnp.sum(state.masks['w'] & ~new.masks['w'])))
  assert moved == [30, 15, 0, 0]


@pytest.mark.parametrize(
  ('schedule', 'moved'), [('constant', 30), ('linear', 15), ('cosine', 15)]
)
def test_drop_schedules_by_name(key, schedule, moved):
  updater = rigl({'w': 100}, drop_schedule=schedule, stop_step=10)
  state, params = start(updater, {'w': _tree(0)['a']})
  grads = {'w': jnp.where(state.masks['w'], 0.0, 1.0)}
  _, new = updater.update(grads, state, params, step=5, key=key)
  assert int(jnp.sum(state.masks['w'] & ~new.masks['w'])) == moved


@pytest.mark.parametrize('count', [0, 384])
def test_empty_and_full_layers_stay(key, count):
  updater = rigl({'w': count}, drop_fraction=1.0, stop_step=10)
  params = {'w': _tree(0)['a']}
  state, masked = start(updater, params)
  after, new = updater.update(params, state, masked, step=0, key=key)
  np.testing.assert_array_equal(new.masks['w'], state.masks['w'])
  np.testing.assert_array_equal(after['w'], masked['w'])


def test_growth_is_deterministic_and_skips_the_optimiser(state):
  updater = rigl(COUNTS, stop_step=100)
  params, grads = masking.apply_masks(_tree(0), state.masks), _tree(1)
  one, other = (
    updater.update(grads, state, params, step=0, key=jax.random.key(seed))
    for seed in (0, 1)
  )
  jax.tree.map(np.testing.assert_array_equal, one, other)
  assert not updater.facts.step_on_update
