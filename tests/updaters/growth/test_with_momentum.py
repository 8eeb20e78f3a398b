"""Grown weights that start with a momentum, against SGD in plain numpy."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from plain_numpy import normal, start

from jaxsparse.analysis import exploration
from jaxsparse.config.defaults import default_config
from jaxsparse.core import prng
from jaxsparse.optim.sparsify import sparsify, sparsify_params
from jaxsparse.optim.transition import mask_step, optimiser_step
from jaxsparse.runs.build import build
from jaxsparse.updaters.growth.with_momentum import with_momentum
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.set import set as set_updater

SHAPE, ACTIVE = (6, 8), 20
COUNTS = {'b': None, 'w': ACTIVE}
TIMES = {'start_step': 2, 'stop_step': 9}
PLAN = {'drop_fraction': 0.5, **TIMES}
LOOP = {'update_interval': 3, **TIMES}
RATE, MOMENTUM, DECAY, SCALE = 0.1, 0.9, 0.01, 0.7
KEY = jax.random.key(0)
_tree = functools.partial(normal, shapes={'b': (3,), 'w': SHAPE})


def _sgd(nesterov=False):
  """As a run has it: the L2 term first, then the momentum."""
  return optax.chain(
    optax.add_decayed_weights(DECAY),
    optax.sgd(RATE, momentum=MOMENTUM, nesterov=nesterov),
  )


def _run(
  tx, updater, steps=(optimiser_step,) * 2 + (mask_step, optimiser_step)
):
  """Params, optimiser's state and masks after each step."""
  state, params = start(updater, _tree(0))
  opt_state, found = tx.init(jax.tree.map(jnp.asarray, params)), []
  for t, step in enumerate(steps):
    params, opt_state, state = step(
      *(tx, updater, _tree(t + 1), opt_state, state, params),
      step=t,
      key=prng.at(KEY, t),
    )
    found.append(jax.device_get((params, opt_state, state.masks['w'])))
  return found


def _by_hand(weights, old, new):
  """Momentum SGD on one tensor whose masks go from `old` to `new` at step 2."""
  w, v = np.where(old, weights, 0).astype(np.float64), np.zeros(SHAPE)
  for t in range(2):
    v = MOMENTUM * v + np.where(old, _tree(t + 1)['w'] + DECAY * w, 0)
    w = w - RATE * v
  grown, both = new & ~old, new & old
  gradient = _tree(3)['w']
  v = np.where(grown, SCALE * gradient, np.where(both, v, 0))
  w = np.where(both, w, 0)
  after = v.copy()
  v = MOMENTUM * v + np.where(new, _tree(4)['w'] + DECAY * w, 0)
  return after, v, w - RATE * v


def test_it_is_so_many_times_the_gradient_and_carries_on_from_there():
  updater = with_momentum(rigl(COUNTS, **PLAN), SCALE)
  _, (_, _, old), (_, at, new), (params, end, _) = _run(_sgd(), updater)
  assert (new & ~old).sum() == (old & ~new).sum() > 3
  after, momentum, weights = _by_hand(_tree(0)['w'], old, new)
  np.testing.assert_allclose(at[1][0].trace['w'], after, rtol=1e-5, atol=1e-7)
  np.testing.assert_allclose(
    end[1][0].trace['w'], momentum, rtol=1e-5, atol=1e-7
  )
  np.testing.assert_allclose(params['w'], weights, rtol=1e-4, atol=1e-6)
  # A grown weight moves by its own gradient and the one it was grown by.
  grown = new & ~old
  step = _tree(4)['w'] + MOMENTUM * SCALE * _tree(3)['w']
  np.testing.assert_allclose(params['w'][grown], -RATE * step[grown], rtol=1e-5)


@pytest.mark.parametrize('method', [rigl, set_updater])
def test_nothing_else_is_touched(method):
  """Exempt leaves and weights of both masks have the bits of the method."""
  plain = method(COUNTS, **PLAN)
  usual = _run(_sgd(), plain)[2]
  ours = _run(_sgd(), with_momentum(plain, SCALE))[2]
  jax.tree.map(np.testing.assert_array_equal, ours[0], usual[0])
  np.testing.assert_array_equal(ours[2], usual[2])
  trace, before = ours[1][1][0].trace, usual[1][1][0].trace
  np.testing.assert_array_equal(trace['b'], before['b'])
  grown = trace['w'] != before['w']
  assert 3 < grown.sum() < ACTIVE
  assert not before['w'][grown].any()
  assert ours[2][grown].all()
  np.testing.assert_allclose(trace['w'][grown], SCALE * _tree(3)['w'][grown])


def test_a_run_that_remembers_its_masks_asks_the_method_likewise():
  def momenta(grads, state):
    assert state.inner == ()  # Of the method itself.
    return jax.tree.map(lambda g: SCALE * g, grads)

  own = rigl(COUNTS, **PLAN)._replace(momenta=momenta)
  found = _run(_sgd(), exploration.remembering(own))[-1]
  expected = _run(_sgd(), with_momentum(rigl(COUNTS, **PLAN), SCALE))[-1]
  jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_in_a_loop_of_ones_own_it_is_the_same():
  updater = with_momentum(rigl(COUNTS, **PLAN), SCALE)
  tx = sparsify(_sgd(nesterov=True), updater, key=KEY, **LOOP)
  params = jax.tree.map(jnp.asarray, _tree(0))
  state = tx.init(params)
  update = jax.jit(tx.update)
  for t in range(3):
    old = state.mask_state.masks['w']
    params = sparsify_params(params, state)
    updates, state = update(_tree(t + 1), state, params)
    params = optax.apply_updates(params, updates)
  grown = np.asarray(state.mask_state.masks['w'] & ~old)
  assert grown.sum() > 3
  trace = np.asarray(state.opt_state[1][0].trace['w'])
  np.testing.assert_allclose(trace[grown], SCALE * _tree(3)['w'][grown])


@pytest.mark.parametrize(
  'tx',
  [
    optax.adam(0.1),
    optax.sgd(0.1),
    # Their traces are of steps.
    optax.rmsprop(0.1, momentum=MOMENTUM),
    optax.lars(0.1),
  ],
)
def test_an_optimiser_without_momentum_of_gradients_is_refused(tx):
  updater = with_momentum(rigl(COUNTS, **PLAN), SCALE)
  sparsified = sparsify(tx, updater, key=KEY, **LOOP)
  for init in (sparsified.init, jax.jit(sparsified.init)):
    with pytest.raises(ValueError, match='keeps none of gradients; accepted'):
      init(_tree(0))


def test_optimisers_around_a_momentum_are_accepted():
  tx = optax.chain(
    optax.clip_by_global_norm(1.0),
    optax.add_decayed_weights(DECAY),
    optax.sgd(optax.cosine_decay_schedule(RATE, 10), MOMENTUM, nesterov=True),
  )
  updater = with_momentum(rigl(COUNTS, **PLAN), SCALE)
  jax.eval_shape(sparsify(tx, updater, key=KEY, **LOOP).init, _tree(0))


@pytest.mark.parametrize('value', [-0.1, float('nan'), float('inf')])
def test_a_scale_that_is_refused(value):
  with pytest.raises(ValueError, match='grow_momentum is .* a number from 0'):
    with_momentum(rigl(COUNTS, **PLAN), value)


def _config(optimizer='sgd', scale=0.5):
  config = default_config(updater='rigl', optimizer=optimizer)
  config.num_steps = 30
  config.updater.grow_momentum = scale
  return config


def test_of_a_config_it_is_a_field_and_a_traced_number():
  assert default_config().updater.grow_momentum is None
  experiment = build(_config())
  assert experiment.member.updater['grow_momentum'] == np.float32(0.5)
  with pytest.raises(ValueError, match=r'config\.optimizer: .* keeps none'):
    build(_config('adam'))
  with pytest.raises(ValueError, match=r'config\.updater \(rigl\): grow_mom'):
    build(_config(scale=-1.0))
