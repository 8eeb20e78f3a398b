"""Gradual magnitude pruning of all layers by one threshold."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import normal, top

from jaxsparse.core import masks as masking
from jaxsparse.updaters.gmp import gmp

# Of scales so different that the layers by themselves would keep other weights.
SHAPES = {'a': (16, 24), 'b': (5, 9), 'c': (3, 3, 4)}
SCALES = {'a': 1.0, 'b': 4.0, 'c': 0.3, 'exempt': 1.0}
COUNTS = {'a': 40, 'b': 20, 'c': 15, 'exempt': None}
WEIGHTS = 384 + 45 + 36
PLAN = {'start_step': 3, 'stop_step': 40, 'update_interval': 4}
STEPS = range(3, 40, 4)
PARAMS = {
  name: np.float32(SCALES[name]) * draw
  for name, draw in normal(0, SHAPES | {'exempt': (7,)}).items()
}


def _run(key, counts=COUNTS, start=None, steps=STEPS):
  """Params and masks after each of `steps`."""
  updater, params = gmp(counts, global_ranking=True, **PLAN), PARAMS
  state, out = updater.init(params, key=key), []
  if start is not None:
    state = state._replace(masks=start)
    params = masking.apply_masks(params, start)
  update = jax.jit(lambda s, p, t: updater.update(None, s, p, step=t, key=key))
  for step in steps:
    params, state = update(state, params, step)
    out.append(jax.device_get((params, state.masks)))
  return out


def _joined(tree, names=SHAPES):
  return np.concatenate([np.ravel(tree[name]) for name in names])


def _scheduled(step, asked):
  left = Fraction(STEPS[-1] - step, STEPS[-1] - STEPS[0])
  return WEIGHTS - math.floor((WEIGHTS - asked) * (1 - left**3))


def test_the_largest_of_all_layers_stay_as_many_as_scheduled(key):
  original = _joined(PARAMS)
  for step, (params, masks) in zip(STEPS, _run(key), strict=True):
    expected = top(np.abs(original), _scheduled(step, 75))
    np.testing.assert_array_equal(_joined(masks), expected)
    kept = np.where(_joined(masks), original, 0)
    np.testing.assert_array_equal(_joined(params), kept)
    assert masks['exempt'] is None
    np.testing.assert_array_equal(params['exempt'], PARAMS['exempt'])
  found = {name: int(masks[name].sum()) for name in SHAPES}
  assert sum(found.values()) == 75
  # The layer of large weights keeps more than by itself, that of small fewer.
  assert found['b'] > COUNTS['b']
  assert found['c'] < COUNTS['c']


def test_of_counts_the_sum_alone_matters(key):
  other = COUNTS | {'a': 20, 'b': 40}
  for (_, a), (_, b) in zip(_run(key), _run(key, other), strict=True):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_a_layer_that_is_to_stay_dense_stays_so(key):
  """That of the smallest weights; the others share out the rest."""
  runs = _run(key, COUNTS | {'c': 36})
  others = np.abs(_joined(PARAMS, 'ab'))
  for step, (_, masks) in zip(STEPS, runs, strict=True):
    assert masks['c'].all()
    expected = top(others, _scheduled(step, 96) - 36)
    np.testing.assert_array_equal(_joined(masks, 'ab'), expected)


def test_nothing_is_revived(key):
  """Neither zeros among the weights nor masks that are sparse already."""
  few = {'a': 10, 'b': 5, 'c': 3, 'exempt': None}
  start = masking.random_masks(PARAMS, few, key=key)
  for _, masks in _run(key, start=start):
    jax.tree.map(np.testing.assert_array_equal, masks, start)
  before = np.ones(WEIGHTS, bool)
  for _, masks in _run(key):
    assert not (_joined(masks) & ~before).any()
    before = _joined(masks)


def test_nothing_is_masked(key):
  updater = gmp({'w': None}, global_ranking=True, **PLAN)
  params = {'w': jnp.ones(3)}
  state = updater.init(params, key=key)
  after, new = updater.update(None, state, params, step=39, key=key)
  np.testing.assert_array_equal(after['w'], params['w'])
  assert new.masks == {'w': None}


@pytest.mark.slow
def test_of_25_million_weights_each_is_counted(key):
  """As many as ResNet-50 has, of two magnitudes; float32 counts are off."""
  total, asked = 25_502_912, 2_550_291
  random = np.random.default_rng(0)
  sizes = {'a': 9_437_185, 'b': 14_000_000, 'c': total - 23_437_185}
  params = {
    name: random.normal(size=n).astype(np.float32) * (1 + (name == 'b'))
    for name, n in sizes.items()
  }
  counts = {'a': asked - 100, 'b': 60, 'c': 40}
  updater = gmp(counts, global_ranking=True, **PLAN)
  state = updater.init(params, key=key)
  update = jax.jit(lambda s, p, t: updater.update(None, s, p, step=t, key=key))
  weights = np.abs(_joined(params))
  for step in (7, 39):
    _, new = update(state, params, step)
    left = Fraction(39 - step, 36)
    number = total - math.floor((total - asked) * (1 - left**3))
    mask = _joined(new.masks)
    assert int(mask.sum()) == number
    assert (
      weights[mask].min()
      >= np.partition(weights, total - number)[total - number]
    )
