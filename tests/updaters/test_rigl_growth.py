"""The options of RigL's growth: averaged gradients and starting values."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.core import masks as masking
from jaxsparse.updaters.rigl import rigl

SHAPE = (60, 80)
COUNTS = {'w': 960, 'exempt': None}
KEY = jax.random.key(3)


def _tree(seed):
  random = np.random.default_rng(seed)
  return {name: random.normal(size=SHAPE).astype(np.float32) for name in COUNTS}


@pytest.mark.parametrize(
  ('batches', 'start_step', 'steps', 'seen'),
  [
    (3, 0, range(11), (8, 9, 10)),
    (3, 0, range(10), (8, 9)),
    (3, 0, range(9), (8,)),
    (3, 0, range(8), (3, 4, 5)),
    (5, 0, range(11), (6, 7, 8, 9, 10)),
    (2, 0, range(1), (0,)),
    (3, 2, range(3), (0, 1, 2)),
    (4, 1, range(2), (0, 1)),
  ],
)
def test_the_sum_is_of_the_last_batches_before_a_mask_step(
  batches, start_step, steps, seen
):
  """The interval is 5: windows end at start_step, start_step + 5, ..."""
  updater = rigl(
    COUNTS,
    grow_batches=batches,
    start_step=start_step,
    stop_step=100,
    update_interval=5,
  )
  state = updater.init(_tree(0), key=KEY)
  for step in steps:
    grads = {name: jnp.full(SHAPE, 2.0**step) for name in COUNTS}
    state = updater.observe(grads, state, None, step=step, key=KEY)
  total = np.asarray(state.inner.total['w'])
  np.testing.assert_array_equal(total, sum(2.0**step for step in seen))
  assert state.inner.total['exempt'] is None


def test_growth_goes_by_the_sum(key):
  """One batch alone would grow other weights."""
  updater = rigl(
    COUNTS,
    grow_batches=2,
    drop_fraction=0.5,
    stop_step=10,
    update_interval=2,
  )
  state = updater.init(_tree(0), key=KEY)
  params = masking.apply_masks(_tree(0), state.masks)

  @jax.jit
  def run(state):
    for step in (1, 2):
      state = updater.observe(_tree(step), state, params, step=step, key=key)
    return updater.update(_tree(2), state, params, step=0, key=key)

  new = np.asarray(run(state)[1].masks['w']).ravel()
  mask = np.asarray(state.masks['w']).ravel()
  weights = np.abs(np.asarray(params['w']).ravel())
  active = np.flatnonzero(mask)
  kept = active[np.argsort(-weights[active])[:480]]
  rest = np.setdiff1d(np.arange(mask.size), kept)

  def grown(score):
    return np.union1d(
      kept, rest[np.argsort(-np.abs(score).ravel()[rest])[:480]]
    )

  summed = grown(_tree(1)['w'] + _tree(2)['w'])
  np.testing.assert_array_equal(np.flatnonzero(new), summed)
  assert not np.array_equal(summed, grown(_tree(2)['w']))


@pytest.mark.parametrize(
  ('options', 'message'),
  [
    ({'grow_batches': 2}, 'grow_batches is 2, for which update_interval'),
    ({'grow_batches': 6, 'update_interval': 5}, 'accepted is 1 to .* 5'),
    ({'grow_batches': 0, 'update_interval': 5}, 'grow_batches is 0'),
    ({'grow_init': 'zeroes'}, "grow_init is 'zeroes'.*mean 'zeros'"),
  ],
)
def test_options_that_are_refused(options, message):
  with pytest.raises(ValueError, match=message):
    rigl(COUNTS, stop_step=10, **options)


def _grown(grow_init, scale):
  """The values of truly grown weights, and those that stayed."""
  updater = rigl(
    COUNTS,
    drop_fraction=0.5,
    grow_init=grow_init,
    grow_scale=scale,
    stop_step=10,
  )
  state = updater.init(_tree(0), key=KEY)
  params = masking.apply_masks(_tree(0), state.masks)
  after, new = jax.jit(updater.update)(_tree(1), state, params, step=0, key=KEY)
  old, now = np.asarray(state.masks['w']), np.asarray(new.masks['w'])
  found = np.asarray(after['w'])
  both, grown = old & now, now & ~old
  np.testing.assert_array_equal(found[both], np.asarray(params['w'])[both])
  assert not found[~now].any()
  np.testing.assert_array_equal(after['exempt'], params['exempt'])
  return found, grown, both


def test_zeros():
  found, grown, _ = _grown('zeros', 7.0)
  assert grown.sum() > 400
  assert not found[grown].any()


def test_a_step_along_the_gradient():
  found, grown, _ = _grown('gradient', 0.5)
  np.testing.assert_allclose(
    found[grown], -0.5 * _tree(1)['w'][grown], rtol=1e-6
  )


def test_as_spread_as_the_weights_of_the_layer():
  found, grown, both = _grown('normal', 2.0)
  expected = 2 * np.sqrt(np.mean(found[both] ** 2))
  spread = found[grown].std()
  assert abs(spread / expected - 1) < 5 / np.sqrt(2 * grown.sum())
  assert abs(found[grown].mean()) < 5 * expected / np.sqrt(grown.sum())


def test_by_a_function_of_ones_own():
  """Called with the new masks, so that axes of its own can be passed."""

  def active(params, masks, *, key):
    return masking.map_masks(
      lambda p, m: m * jnp.sum(m) * jnp.ones_like(p),
      params,
      masks,
      exempt=lambda p: p,
    )

  found, grown, _ = _grown(active, 3.0)
  np.testing.assert_array_equal(found[grown], 3.0 * COUNTS['w'])


def test_as_the_sparse_initialisation_draws():
  """Scaled to each unit's own inputs, it is N(0, 2) for all alike."""
  found, grown, both = _grown('sparse', 3.0)
  inputs = np.broadcast_to((grown | both).sum(axis=0), SHAPE)
  scaled = (found * np.sqrt(inputs))[grown] / 3
  n = grown.sum()
  assert abs(scaled.std() / np.sqrt(2) - 1) < 5 / np.sqrt(2 * n)
