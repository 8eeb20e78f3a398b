"""Top-KAST and straight-through masks against plain numpy."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from plain_numpy import normal, top

from jaxsparse.core.types import MaskState
from jaxsparse.optim.masked import forward_params
from jaxsparse.optim.transition import mask_step, optimiser_step
from jaxsparse.updaters.ste import ste
from jaxsparse.updaters.topkast import TopKASTState, topkast

SHAPE = (12, 20)
COUNTS = {'w': 24, 'exempt': None}
_tree = functools.partial(normal, shapes=dict.fromkeys(COUNTS, SHAPE))
KEY = jax.random.key(0)
TX = optax.sgd(0.1, momentum=0.9)


def _largest(weights, n):
  return top(np.abs(weights), n)


@functools.cache
def _program(transition, method, rate):
  updater = {
    'topkast': lambda: topkast(COUNTS, exploration=0.25, penalty=rate),
    'ste': lambda: ste(COUNTS, decay=rate),
  }[method]()

  def run(grads, opt_state, state, params):
    return transition(
      TX, updater, grads, opt_state, state, params, step=3, key=KEY
    )

  return updater, jax.jit(run)


def test_sets_are_the_largest_weights_one_within_the_other():
  state = topkast(COUNTS, exploration=0.25).init(_tree(0), key=KEY)
  weights = _tree(0)['w']
  np.testing.assert_array_equal(state.masks['w'], _largest(weights, 24))
  backward = state.inner.backward
  np.testing.assert_array_equal(backward['w'], _largest(weights, 24 + 54))
  assert backward['exempt'] is None


@pytest.mark.parametrize(('exploration', 'size'), [(0.0, 24), (1.0, 240)])
def test_the_backward_set_may_be_the_forward_one_or_all(exploration, size):
  state = topkast(COUNTS, exploration=exploration).init(_tree(0), key=KEY)
  assert int(state.inner.backward['w'].sum()) == size


@pytest.mark.parametrize('method', ['topkast', 'ste'])
def test_the_loss_sees_the_largest_weights_alone(method):
  updater, _ = _program(optimiser_step, method, 0.0)
  state = updater.init(_tree(0), key=KEY)
  seen = forward_params(updater, _tree(0), state)
  expected = np.where(_largest(_tree(0)['w'], 24), _tree(0)['w'], 0)
  np.testing.assert_array_equal(seen['w'], expected)
  np.testing.assert_array_equal(seen['exempt'], _tree(0)['exempt'])


def test_the_penalty_is_stronger_outside_the_forward_set():
  """Where nothing is trained nothing moves, by weight decay neither."""
  updater, run = _program(optimiser_step, 'topkast', 0.5)
  params, grads = _tree(0), _tree(1)
  state = updater.init(params, key=KEY)
  after, _, _ = run(grads, TX.init(params), state, params)
  weights = params['w']
  rate = np.where(_largest(weights, 24), 0.5, 0.5 * 240 / 24)
  moved = weights - 0.1 * (grads['w'] + rate * weights)
  expected = np.where(_largest(weights, 78), moved, weights)
  np.testing.assert_allclose(after['w'], expected, rtol=1e-5, atol=1e-6)
  np.testing.assert_allclose(
    after['exempt'], params['exempt'] - 0.1 * grads['exempt'], rtol=1e-6
  )


def test_what_falls_out_keeps_its_value_and_comes_back_with_it():
  """The last of both sets falls behind the next; then all others shrink."""
  updater, run = _program(mask_step, 'topkast', 0.0)
  params = _tree(0)
  order = np.argsort(-np.abs(params['w']).ravel())
  place, behind = order[77], params['w'].ravel()[order[78]]
  grads = jax.tree.map(np.zeros_like, params)
  grads['w'].ravel()[place] = 10 * (params['w'].ravel()[place] - 0.999 * behind)
  state = updater.init(params, key=KEY)
  after, opt_state, state = run(grads, TX.init(params), state, params)
  assert not state.inner.backward['w'].ravel()[place]
  assert not opt_state[0].trace['w'].ravel()[place]
  value = after['w'].ravel()[place]
  np.testing.assert_allclose(value, 0.999 * behind, rtol=1e-4)
  shrink = {'w': 9.9 * np.asarray(after['w']), 'exempt': grads['exempt']}
  back, _, state = run(shrink, TX.init(after), state, after)
  assert back['w'].ravel()[place] == value
  assert state.masks['w'].ravel()[place]


def test_given_masks_are_trained_until_the_sets_are_made():
  """Whatever the backward set is: the loss sees them."""
  updater = topkast(COUNTS)
  state = updater.init(_tree(0), key=KEY)
  given = {'w': jnp.asarray(_largest(_tree(5)['w'], 24)), 'exempt': None}
  trained = updater.trained(state._replace(masks=given))['w']
  np.testing.assert_array_equal(trained, given['w'] | state.inner.backward['w'])


def test_straight_through_all_weights_move():
  updater, run = _program(mask_step, 'ste', 0.5)
  params, grads = _tree(0), _tree(1)
  state = updater.init(params, key=KEY)
  after, _, new = run(grads, TX.init(params), state, params)
  weights = params['w']
  outside = np.where(_largest(weights, 24), 0, weights)
  expected = weights - 0.1 * (grads['w'] + 0.5 * outside)
  np.testing.assert_allclose(after['w'], expected, rtol=1e-5, atol=1e-6)
  np.testing.assert_array_equal(
    new.masks['w'], _largest(np.asarray(after['w']), 24)
  )
  assert np.asarray(updater.trained(new)['w']).all()
  assert updater.trained(new)['exempt'] is None


def test_with_all_explored_and_no_penalty_it_is_straight_through():
  wide, plain = topkast(COUNTS, exploration=1.0, penalty=0.0), ste(COUNTS)
  state = wide.init(_tree(0), key=KEY)
  everything = TopKASTState(wide.trained(state))
  assert np.asarray(everything.backward['w']).all()
  after, new = wide.update(_tree(1), state, _tree(2), step=0, key=KEY)
  same, other = plain.update(
    _tree(1), MaskState(state.masks), _tree(2), step=0, key=KEY
  )
  jax.tree.map(np.testing.assert_array_equal, after, same)
  np.testing.assert_array_equal(new.masks['w'], other.masks['w'])
