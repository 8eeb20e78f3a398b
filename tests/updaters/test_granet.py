"""GraNet: the ramp, and what is regenerated."""

import fractions
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from plain_numpy import drop_grow, normal, start, top

from jaxsparse.optim.transition import mask_step, optimiser_step
from jaxsparse.updaters.granet import granet

SHAPE = (20, 30)
COUNTS = {'w': 37, 'exempt': None}
_tree = functools.partial(normal, shapes=dict.fromkeys(COUNTS, SHAPE))
KEY = jax.random.key(3)
PLAN = {'start_step': 10, 'stop_step': 51, 'update_interval': 10}


def _run(**options):
  """Active weights, and masks, params and gradients of all mask steps."""
  updater = granet(COUNTS, **PLAN, **options)
  state, params = start(updater, _tree(0))
  update, steps = jax.jit(updater.update), []
  for step in (10, 20, 30, 40, 50):
    grads = _tree(step)
    given = jax.tree.map(lambda p: p + np.float32(0.5) * (p != 0), params)
    after, new = jax.device_get(update(grads, state, given, step=step, key=KEY))
    steps.append((state.masks['w'], given['w'], grads['w'], after['w'], new))
    params, state = after, new
  return steps


@pytest.mark.parametrize(('initial', 'start'), [(0.0, 0), (0.5, 281)])
def test_active_weights_follow_the_ramp_and_meet_the_count(initial, start):
  found = [
    int(new.masks['w'].sum()) for *_, new in _run(initial_fraction=initial)
  ]
  zeros = 600 - 37
  expected = [
    600 - start - int((zeros - start) * (1 - fractions.Fraction(4 - i, 4) ** 3))
    for i in range(5)
  ]
  assert found == expected
  assert found[-1] == 37


def test_it_prunes_and_then_regenerates_as_rigl_does():
  """By magnitude, then the fraction f(t) by magnitude and by gradient.

  A weight that is pruned, not merely dropped, starts at 0 if it comes back.
  """
  regrown = renewed = left_alone = 0
  for i, (old, given, grads, after, new) in enumerate(_run(drop_fraction=0.4)):
    n = int(new.masks['w'].sum())
    fraction = 0.2 * (1 + np.cos(np.pi * i * 10 / 41))
    dropped = int(np.float32(fraction) * np.float32(n))
    old = np.asarray(old)
    left = top(np.where(old, np.abs(given), -1), n)
    kept, come = drop_grow(left, given, np.abs(grads), dropped)
    np.testing.assert_array_equal(new.masks['w'], kept | come)
    stay = left & new.masks['w']
    np.testing.assert_array_equal(after, np.where(stay, given, 0))
    regrown += int((new.masks['w'] & ~old).sum())
    renewed += int((new.masks['w'] & old & ~stay).sum())
    left_alone += int((come & left).sum())
  assert min(regrown, renewed, left_alone) > 10


def _steps(grads):
  """A step of SGD with momentum, and a mask step that pruned and regrew."""
  updater = granet(COUNTS, **PLAN)
  state = updater.init(_tree(0), key=KEY)
  momenta = optax.TraceState(_tree(1)), optax.EmptyState()
  args = optax.sgd(1.0, momentum=0.9), updater, grads, momenta, state, _tree(0)
  return [
    jax.device_get(step(*args, step=20, key=KEY))
    for step in (optimiser_step, mask_step)
  ]


def test_a_weight_that_is_pruned_and_regrown_has_new_statistics():
  """Those that the second drop lets go and regrows keep theirs."""
  (params, (momentum, _), _), (after, (found, _), new) = _steps(_tree(2))
  ramp = 1 - fractions.Fraction(3, 4) ** 3
  n = 600 - int((600 - 37) * ramp)
  left = top(np.abs(params['w']), n)
  dropped = int(0.25 * (1 + np.cos(np.pi * 10 / 41)) * n)
  kept, come = drop_grow(left, params['w'], np.abs(_tree(2)['w']), dropped)
  mask, pruned = kept | come, ~left
  np.testing.assert_array_equal(new.masks['w'], mask)
  assert (mask & pruned).sum() > 10
  assert (come & left).sum() > 10
  for got, was in ((after, params), (found.trace, momentum.trace)):
    expected = np.where(mask & ~pruned, was['w'], 0)
    np.testing.assert_array_equal(got['w'], expected)
    np.testing.assert_array_equal(got['exempt'], was['exempt'])


def test_a_gradient_that_is_not_finite_resets_nothing():
  grads = _tree(2)
  grads['w'][3, 4] = np.inf
  (params, momenta, state), found = _steps(grads)
  jax.tree.map(np.testing.assert_array_equal, found, (params, momenta, state))


def test_it_starts_dense_or_at_random_places():
  dense = granet(COUNTS, **PLAN).init(_tree(0), key=KEY)
  assert np.asarray(dense.masks['w']).all()
  sparse = granet(COUNTS, initial_fraction=1.0, **PLAN)
  masks = [
    np.asarray(sparse.init(_tree(0), key=jax.random.key(k)).masks['w'])
    for k in (0, 1)
  ]
  assert [int(m.sum()) for m in masks] == [37, 37]
  assert (masks[0] != masks[1]).any()


def test_without_regeneration_it_is_gradual_pruning():
  for old, given, _, after, new in _run(drop_fraction=0.0):
    gone = np.asarray(old) & ~new.masks['w']
    assert not (new.masks['w'] & ~np.asarray(old)).any()
    left = np.abs(given[new.masks['w']])
    assert not gone.any() or np.abs(given[gone]).max() <= left.min()
    np.testing.assert_array_equal(after, np.where(new.masks['w'], given, 0))


def test_fractions_may_be_traced():
  def zeros(fraction):
    updater = granet(COUNTS, initial_fraction=fraction, **PLAN)
    return jnp.sum(~updater.init(_tree(0), key=KEY).masks['w'])

  assert int(jax.jit(zeros)(0.25)) == 563 // 4
