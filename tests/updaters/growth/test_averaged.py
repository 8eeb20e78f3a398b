"""Growth by the mean of gradients over batches."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import drop_grow, normal, start

from jaxsparse.core import masks as masking
from jaxsparse.updaters.growth.averaged import averaged
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.rigl_sg import rigl_sg
from jaxsparse.updaters.rigl_sm import rigl_sm
from jaxsparse.updaters.set import set as set_updater
from jaxsparse.updaters.snfs import snfs

SHAPE = (60, 80)
COUNTS = {'w': 960, 'exempt': None}
_tree = functools.partial(normal, shapes=dict.fromkeys(COUNTS, SHAPE))
KEY = jax.random.key(3)
METHODS = [rigl, rigl_sg]


@pytest.mark.parametrize('method', METHODS)
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
  method, batches, start_step, steps, seen
):
  """The interval is 5: windows end at start_step, start_step + 5, ..."""
  updater = averaged(
    method(COUNTS, start_step=start_step, stop_step=100),
    batches,
    update_interval=5,
  )
  assert updater.facts.dense_batches == batches
  assert updater.facts.times == (start_step, 100, 5)
  state = updater.init(_tree(0), key=KEY)
  for step in steps:
    grads = {name: jnp.full(SHAPE, 2.0**step) for name in COUNTS}
    state = updater.observe(grads, state, None, step=step, key=KEY)
  total = np.asarray(state.inner.total['w'])
  np.testing.assert_array_equal(total, sum(2.0**step for step in seen))
  assert state.inner.total['exempt'] is None


@pytest.mark.parametrize('method', METHODS)
def test_growth_goes_by_the_sum(method, key):
  """One batch alone would grow other weights."""
  updater = averaged(
    method(COUNTS, drop_fraction=0.5, stop_step=10), 2, update_interval=2
  )
  state, params = start(updater, _tree(0))

  @jax.jit
  def run(state):
    for step in (1, 2):
      state = updater.observe(_tree(step), state, params, step=step, key=key)
    return updater.update(_tree(2), state, params, step=0, key=key)

  def expected(score):
    old = state.masks['w'], params['w']
    return np.logical_or(*drop_grow(*old, np.abs(score), 480))

  summed = expected(_tree(1)['w'] + _tree(2)['w'])
  np.testing.assert_array_equal(run(state)[1].masks['w'], summed)
  assert not np.array_equal(summed, expected(_tree(2)['w']))


def test_layers_share_by_the_sum():
  """Of opposite gradients nothing is left: that layer grows nothing."""
  counts = {'a': 40, 'b': 40}
  updater = averaged(
    rigl_sg(counts, drop_fraction=0.5, stop_step=10), 2, update_interval=2
  )
  params = normal(0, dict.fromkeys(counts, (10, 20)))
  state = updater.init(params, key=KEY)
  for step, sign in ((1, 1), (2, -1)):
    grads = {'a': jnp.full((10, 20), 9.0 * sign), 'b': jnp.ones((10, 20))}
    state = updater.observe(grads, state, params, step=step, key=KEY)
  _, new = updater.update(grads, state, params, step=2, key=KEY)
  active = masking.active_by_path(new.masks)
  assert active['a'] + active['b'] == 80
  assert active['a'] < 40 < active['b']


@pytest.mark.parametrize(
  ('method', 'batches', 'interval', 'message'),
  [
    (rigl, 2, None, 'grow_batches is 2, for which update_interval is needed'),
    (rigl, 6, 5, 'grow_batches is 6; accepted is 1 to .* 5'),
    (rigl, 0, 5, 'grow_batches is 0; accepted is 1 to .* 5'),
    (set_updater, 2, 5, 'grow_batches is 2, of a method that grows by no gra'),
    (snfs, 2, 5, 'or keeps statistics of its own; accepted is 1'),
    (rigl_sm, 2, 5, 'or keeps statistics of its own; accepted is 1'),
  ],
)
def test_what_is_refused(method, batches, interval, message):
  with pytest.raises(ValueError, match=message):
    averaged(method(COUNTS, stop_step=10), batches, update_interval=interval)


def test_it_is_averaged_once():
  once = averaged(rigl(COUNTS, stop_step=10, update_interval=5), 2)
  assert once.facts.times.update_interval == 5
  with pytest.raises(ValueError, match='keeps statistics of its own'):
    averaged(once, 3)
  assert averaged(once, 1) is once
