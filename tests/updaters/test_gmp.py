"""Gradual magnitude pruning against exact arithmetic."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import normal, top

from jaxsparse.core import masks as masking
from jaxsparse.updaters.gmp import gmp

SHAPE = (16, 24)
COUNTS = {'a': 40, 'b': 383, 'exempt': None}
PARAMS = normal(0, dict.fromkeys(COUNTS, SHAPE))


def _run(plan, key, steps, counts=COUNTS):
  """Params and masks after each of `steps`."""
  updater, params = gmp(counts, **plan), PARAMS
  state, out = updater.init(params, key=key), []
  update = jax.jit(lambda s, p, t: updater.update(None, s, p, step=t, key=key))
  for step in steps:
    params, state = update(state, params, step)
    out.append((params, state.masks))
  return out


@pytest.mark.parametrize(
  ('plan', 'steps'),
  [
    ({'start_step': 0, 'stop_step': 40, 'update_interval': 4}, range(0, 40, 4)),
    # The last mask step, 17, is not the one before stop_step.
    ({'start_step': 3, 'stop_step': 20, 'update_interval': 7}, (3, 10, 17)),
    ({'start_step': 5, 'stop_step': 6, 'update_interval': 100}, (5,)),
  ],
)
def test_counts_follow_the_cubic_ramp_exactly(plan, steps, key):
  steps = list(steps)
  for step, (_, masks) in zip(steps, _run(plan, key, steps), strict=True):
    span = steps[-1] - steps[0]
    left = Fraction(steps[-1] - step, span) if span else 0
    for name in 'ab':
      zeros = math.floor((384 - COUNTS[name]) * (1 - left**3))
      assert int(masks[name].sum()) == 384 - zeros, (name, step)
    assert masks['exempt'] is None


def test_it_keeps_the_largest_and_revives_nothing(key):
  plan = {'start_step': 0, 'stop_step': 6, 'update_interval': 2}
  before = np.ones(SHAPE, bool)
  for params, masks in _run(plan, key, (0, 2, 4)):
    mask = np.asarray(masks['a'])
    assert not (mask & ~before).any()
    largest = top(np.abs(PARAMS['a']), mask.sum())
    np.testing.assert_array_equal(mask, largest)
    expected = np.where(mask, PARAMS['a'], 0)
    np.testing.assert_array_equal(params['a'], expected)
    np.testing.assert_array_equal(params['exempt'], PARAMS['exempt'])
    before = mask


def test_a_regrown_value_outside_the_masks_is_not_kept(key):
  """A large stray value where the mask is False does not come back."""
  plan = {'start_step': 0, 'stop_step': 1, 'update_interval': 1}
  updater = gmp(COUNTS, **plan)
  state = updater.init(PARAMS, key=key)
  dead = state.masks | {'a': state.masks['a'].at[0].set(False)}
  params = PARAMS | {'a': jnp.array(PARAMS['a']).at[0].set(100.0)}
  after, new = updater.update(
    None, state._replace(masks=dead), params, step=0, key=key
  )
  assert not new.masks['a'][0].any()
  assert not after['a'][0].any()
  assert int(new.masks['a'].sum()) == 40


def test_a_net_that_is_sparser_already_stays_as_it_is(key):
  plan = {'start_step': 0, 'stop_step': 40, 'update_interval': 4}
  updater, params = gmp(COUNTS, **plan), PARAMS
  sparse = masking.random_masks(params, COUNTS | {'a': 30, 'b': 300}, key=key)
  state = updater.init(params, key=key)._replace(masks=sparse)
  for step in (0, 20, 36):
    params, state = updater.update(None, state, params, step=step, key=key)
    jax.tree.map(np.testing.assert_array_equal, state.masks, sparse)


def test_steps_outside_the_ramp(key):
  plan = {'start_step': 10, 'stop_step': 40, 'update_interval': 5}
  (_, early), (_, late) = _run(plan, key, (0, 500))
  assert int(early['a'].sum()) == 384
  assert int(late['a'].sum()) == 40


@pytest.mark.parametrize(
  ('plan', 'message'),
  [
    ((0, 10, 0), 'update_interval is 0'),
    ((0, 10, -1), 'update_interval is -1'),
    ((5, 4, 1), 'start_step is 5 and stop_step 4'),
    ((-1, 4, 1), 'start_step is -1'),
    ((4, 4, 1), 'no mask step'),
    ((0, 70_000, 1), '70000 mask steps; accepted are at most 65536'),
  ],
)
def test_plans_that_are_refused(plan, message):
  start, stop, interval = plan
  with pytest.raises(ValueError, match=message):
    gmp(COUNTS, start_step=start, stop_step=stop, update_interval=interval)


def test_steps_are_host_integers():
  with pytest.raises(TypeError):
    gmp(COUNTS, stop_step=10.5, update_interval=2)
  with pytest.raises(TypeError):
    jax.jit(lambda t: gmp(COUNTS, stop_step=t, update_interval=2) and t)(9)
