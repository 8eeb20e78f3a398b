"""Half-precision params and gradients under masks, in every pairing."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.core.criteria.sensitivity import sensitivity
from jaxsparse.core.types import Facts
from jaxsparse.optim.sparsify import SparsifyState, sparsify, sparsify_params

DTYPES = (jnp.float32, jnp.bfloat16, jnp.float16)
TIMES = {'update_interval': 2, 'start_step': 2, 'stop_step': 9}


def sgd():
  # A float32 rate and decay, as a run has them, promote what they touch.
  decay = optax.add_decayed_weights(jnp.float32(0.1))
  return optax.chain(decay, optax.sgd(jnp.float32(0.1), momentum=0.9))


INSIDE = {
  'sgd': sgd,
  'adamw': lambda: optax.adamw(0.1, weight_decay=0.1),
  'clipped': lambda: optax.chain(optax.clip_by_global_norm(1.0), sgd()),
  'injected': lambda: optax.inject_hyperparams(optax.adamw)(learning_rate=0.1),
  'accumulated': lambda: optax.MultiSteps(optax.adam(0.1), 2),
  'skipping': lambda: optax.apply_if_finite(optax.adam(0.1), 3),
}
OUTSIDE = {
  'alone': lambda tx: tx,
  'clipped': lambda tx: optax.chain(optax.clip_by_global_norm(1.0), tx),
}


def sparsify_state(state):
  """The state of `sparsify` in that of a wrapper."""

  def is_it(node):
    return isinstance(node, SparsifyState)

  return next(filter(is_it, jax.tree.leaves(state, is_leaf=is_it)))


def wave(param, t):
  """A gradient that changes with the step."""
  return jnp.cos(7.0 * jnp.arange(param.size) + t).reshape(param.shape) / 64


def assert_masked_in_a_loop(tx, params, grad_dtype):
  """Six steps, of which two change the masks."""

  @jax.jit
  def step(params, state, t):
    seen = sparsify_params(params, sparsify_state(state))
    grads = jax.tree.map(lambda p: wave(p, t).astype(grad_dtype), seen)
    updates, state = tx.update(grads, state, params)
    return optax.apply_updates(params, updates), state

  state = tx.init(params)
  kinds = [leaf.dtype for leaf in jax.tree.leaves(state)]
  changes = 0
  for t in range(6):
    before = np.asarray(sparsify_state(state).mask_state.masks['w'])
    params, state = step(params, state, t)
    mask = np.asarray(sparsify_state(state).mask_state.masks['w'])
    weights = np.asarray(params['w'], np.float32)
    assert np.isfinite(weights).all()
    assert not weights[~mask].any()
    assert weights[mask & before].any()
    assert not weights[mask & ~before].any()
    changes += (mask != before).any()
  assert changes == 2
  assert [leaf.dtype for leaf in jax.tree.leaves(state)] == kinds


@pytest.mark.parametrize('pair', [*itertools.product(DTYPES, DTYPES)])
def test_every_pair_of_dtypes(pair, params, scripted, masks, key):
  params = jax.tree.map(lambda p: p.astype(pair[0]), params)
  tx = sparsify(sgd(), scripted(*masks), key=key, **TIMES)
  assert_masked_in_a_loop(tx, params, pair[1])


@pytest.mark.parametrize('inside', INSIDE)
def test_every_optimiser_inside(inside, params, scripted, masks, key):
  updater = scripted(*masks, facts=Facts(step_on_update=True))
  tx = sparsify(INSIDE[inside](), updater, key=key, **TIMES)
  assert_masked_in_a_loop(tx, params, jnp.bfloat16)


@pytest.mark.parametrize('outside', OUTSIDE)
def test_every_wrapper_outside(outside, params, scripted, masks, key):
  tx = sparsify(sgd(), scripted(*masks), key=key, **TIMES)
  assert_masked_in_a_loop(OUTSIDE[outside](tx), params, jnp.bfloat16)


def test_half_precision_gradients_are_those_of_their_values(
  params, scripted, masks, key
):
  """They are widened, so a step is that of float32 gradients of one value."""
  tx = sparsify(optax.adam(0.1), scripted(*masks), key=key, **TIMES)
  update = jax.jit(tx.update)
  state = tx.init(params)
  half = jax.tree.map(lambda p: (p * 1e-3).astype(jnp.float16), params)
  wide = jax.tree.map(lambda g: g.astype(jnp.float32), half)
  found, expected = (update(g, state, params) for g in (half, wide))
  jax.tree.map(np.testing.assert_array_equal, found, expected)


@pytest.mark.parametrize('dtype', DTYPES)
def test_sensitivity_of_small_numbers_does_not_underflow(dtype, key):
  weight, grad = jnp.full((2, 3), 3e-5, dtype), jnp.full((2, 3), 2e-5, dtype)
  scores = sensitivity({'w': weight}, {'w': grad}, key=key)['w']
  expected = np.float32(weight[0, 0]) * np.float32(grad[0, 0])
  np.testing.assert_array_equal(scores, np.full((2, 3), expected))
