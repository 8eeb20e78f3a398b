"""The initial values of grown weights."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import normal, start

from jaxsparse.core import masks as masking
from jaxsparse.updaters.growth.starting_at import starting_at
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.set import set as set_updater
from jaxsparse.updaters.snfs import snfs

SHAPE = (60, 80)
COUNTS = {'w': 960, 'exempt': None}
_tree = functools.partial(normal, shapes=dict.fromkeys(COUNTS, SHAPE))
KEY = jax.random.key(3)


def test_an_unknown_way_is_refused():
  with pytest.raises(ValueError, match="grow_init is 'zeroes'.*mean 'zeros'"):
    starting_at(rigl(COUNTS, stop_step=10), 'zeroes')


@pytest.fixture(params=[rigl, set_updater, snfs], ids=lambda m: m.__name__)
def grow(request):
  """Returns the values after an update, where they are grown, and stayed."""

  def run(grow_init, scale):
    method = request.param(COUNTS, drop_fraction=0.5, stop_step=10)
    updater = starting_at(method, grow_init, grow_scale=scale)
    state, params = start(updater, _tree(0))
    state = updater.observe(_tree(1), state, params, step=0, key=KEY)
    after, new = updater.update(_tree(1), state, params, step=0, key=KEY)
    old, now = np.asarray(state.masks['w']), np.asarray(new.masks['w'])
    found = np.asarray(after['w'])
    both, grown = old & now, now & ~old
    np.testing.assert_array_equal(found[both], np.asarray(params['w'])[both])
    assert not found[~now].any()
    np.testing.assert_array_equal(after['exempt'], params['exempt'])
    return found, grown, both

  return run


def test_zeros(grow):
  found, grown, _ = grow('zeros', 7.0)
  assert grown.sum() > 400
  assert not found[grown].any()


def test_a_step_along_the_gradient(grow):
  found, grown, _ = grow('gradient', 0.5)
  np.testing.assert_allclose(
    found[grown], -0.5 * _tree(1)['w'][grown], rtol=1e-6
  )


def test_as_spread_as_the_weights_of_the_layer(grow):
  found, grown, both = grow('normal', 2.0)
  expected = 2 * np.sqrt(np.mean(found[both] ** 2))
  spread = found[grown].std()
  assert abs(spread / expected - 1) < 5 / np.sqrt(2 * grown.sum())
  assert abs(found[grown].mean()) < 5 * expected / np.sqrt(grown.sum())


def test_by_a_function_of_ones_own(grow):
  """Called with the new masks, so that axes of its own can be passed."""

  def active(params, masks, *, key):
    return masking.map_masks(
      lambda p, m: m * jnp.sum(m) * jnp.ones_like(p),
      params,
      masks,
      exempt=lambda p: p,
    )

  found, grown, _ = grow(active, 3.0)
  np.testing.assert_array_equal(found[grown], 3.0 * COUNTS['w'])


def test_as_the_sparse_initialisation_draws(grow):
  """Scaled to each unit's own inputs, it is N(0, 2) for all alike."""
  found, grown, both = grow('sparse', 3.0)
  inputs = np.broadcast_to((grown | both).sum(axis=0), SHAPE)
  scaled = (found * np.sqrt(inputs))[grown] / 3
  n = grown.sum()
  assert abs(scaled.std() / np.sqrt(2) - 1) < 5 / np.sqrt(2 * n)
