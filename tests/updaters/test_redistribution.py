"""RigL-SG, RigL-SM and SNFS with redistribution, against plain numpy."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plain_numpy import drop_grow, normal, start

from jaxsparse.updaters.rigl_sg import rigl_sg
from jaxsparse.updaters.rigl_sm import rigl_sm
from jaxsparse.updaters.snfs import snfs

SHAPES = {'a': (16, 24), 'b': (8, 9), 'c': (20, 20)}
COUNTS = {'a': 90, 'b': 60, 'c': 37}
KEY = jax.random.key(3)
PLAN = {'drop_fraction': 0.4, 'stop_step': 100}
METHODS = {
  'rigl_sg': rigl_sg(COUNTS, **PLAN),
  'rigl_sm': rigl_sm(COUNTS, momentum=0.5, **PLAN),
  'snfs': snfs(COUNTS, momentum=0.5, redistribute=True, **PLAN),
}


def _tree(seed, **scales):
  draws = normal(seed, SHAPES).items()
  return {name: scales.get(name, 1) * draw for name, draw in draws}


@functools.cache
def _run(name):
  """Two steps, the second a mask step: old, new, their params, gradients."""
  updater = METHODS[name]
  first, second = _tree(1, a=3), _tree(2, b=2)
  state, params = start(updater, _tree(0))

  @jax.jit
  def run(state, params):
    for step, grads in ((24, first), (25, second)):
      state = updater.observe(grads, state, params, step=step, key=KEY)
    return state, updater.update(second, state, params, step=25, key=KEY)

  old, (after, new) = jax.device_get(run(state, params))
  return old, params, after, new, first, second


def _signals(name, masks, first, second):
  """What growth and shares go by, by the methods' definitions."""
  average = {k: 0.25 * first[k] + 0.5 * second[k] for k in first}
  trace = {k: masks[k] * (0.5 * first[k] + second[k]) for k in first}
  return {
    'rigl_sg': (second, second),
    'rigl_sm': (second, trace),
    'snfs': (average, average),
  }[name]


@pytest.mark.parametrize('name', list(METHODS))
def test_what_is_dropped_is_grown_by_share(name):
  old, params, after, new, first, second = _run(name)
  grow, share = _signals(name, old.masks, first, second)
  fraction = 0.2 * (1 + np.cos(np.pi / 4))
  dropped = {k: int(fraction * n) for k, n in COUNTS.items()}
  means = {k: np.abs(share[k])[old.masks[k]].mean() for k in COUNTS}
  wanted = np.array([means[k] for k in COUNTS])
  wanted = wanted / wanted.sum() * sum(dropped.values())
  room = [old.masks[k].size - COUNTS[k] + dropped[k] for k in COUNTS]
  assert (wanted < room).all()
  found = {k: int(new.masks[k].sum()) for k in COUNTS}
  assert sum(found.values()) == sum(COUNTS.values())
  for (k, n), part in zip(found.items(), wanted, strict=True):
    grown = n - COUNTS[k] + dropped[k]
    assert abs(grown - part) <= 1
    kept, come = drop_grow(
      old.masks[k], params[k], np.abs(grow[k]), dropped[k], grown
    )
    np.testing.assert_array_equal(new.masks[k], kept | come)
    both = old.masks[k] & new.masks[k]
    np.testing.assert_array_equal(after[k], np.where(both, params[k], 0))
  assert found != COUNTS


def test_the_trace_is_the_momentum_of_active_weights_alone():
  old, _, _, _, first, second = _run('rigl_sm')
  for k in COUNTS:
    expected = np.where(old.masks[k], 0.5 * first[k] + second[k], 0)
    np.testing.assert_allclose(old.inner.trace[k], expected, rtol=1e-6)


def test_who_steps_on_a_mask_step():
  steps = {
    name: method.facts.step_on_update for name, method in METHODS.items()
  }
  assert steps == {'rigl_sg': False, 'rigl_sm': False, 'snfs': True}
  assert {method.facts.invariant for method in METHODS.values()} == {'total'}
  assert snfs(COUNTS, **PLAN).facts.invariant == 'per_leaf'


def test_a_layer_fills_up_and_the_rest_goes_to_the_others(key):
  """All gradient is in `b`, which has 12 places: the last goes elsewhere."""
  updater = rigl_sg(COUNTS, drop_fraction=0.5, stop_step=10)
  state, masked = start(updater, _tree(0))
  grads = {k: jnp.full(s, 1e-6) for k, s in SHAPES.items()}
  grads['b'] = jnp.ones(SHAPES['b'])
  _, new = jax.jit(updater.update)(grads, state, masked, step=0, key=key)
  found = {k: int(m.sum()) for k, m in new.masks.items()}
  # 45 + 30 + 18 dropped; 42 fill b up, and 51 are shared alike.
  assert found['b'] == 72
  assert sorted((found['a'] - 45, found['c'] - 19)) == [25, 26]
