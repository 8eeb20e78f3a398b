"""RigL with every optimiser that keeps statistics of single weights."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.core import prng
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.schedules import is_mask_step
from jaxsparse.optim.masked import stored_params
from jaxsparse.optim.sparsify import sparsify, sparsify_params
from jaxsparse.optim.transition import mask_step, optimiser_step
from jaxsparse.updaters.rigl import rigl

W = (5, 7)
KEY = jax.random.key(0)


@pytest.fixture(scope='module')
def updater():
  """RigL that drops half; compiled once, the optimisers run op by op."""
  plain = rigl(
    {'b': None, 'w': 15},
    drop_fraction=0.5,
    drop_schedule='constant',
    stop_step=9,
  )
  return plain._replace(init=jax.jit(plain.init), update=jax.jit(plain.update))


def gradient(params, t):
  """Large where it likes, so that growth finds new places each time."""

  def one(p):
    wave = jnp.cos(7.0 * jnp.arange(p.size) + t).reshape(p.shape)
    return wave + 0.1 * p

  return jax.tree.map(one, params)


def run(tx, updater, params):
  """`(params, opt_state, mask)` after each of four steps; masks change at 2."""
  mask_state = updater.init(params, key=KEY)
  params = apply_masks(params, mask_state.masks)
  opt_state = tx.init(params)
  for t in range(4):
    kind = mask_step if t == 2 else optimiser_step
    params, opt_state, mask_state = kind(
      tx,
      updater,
      gradient(params, t),
      opt_state,
      mask_state,
      params,
      step=jnp.int32(t),
      key=prng.at(KEY, t),
    )
    yield params, opt_state, np.asarray(mask_state.masks['w'])


def check(tx, updater, params):
  trail = list(run(tx, updater, params))
  for t, (now, _, mask) in enumerate(trail):
    weights = np.asarray(now['w'])
    assert mask.sum() == 15
    assert np.all(np.isfinite(weights))
    assert np.all(weights[~mask] == 0)
    if t == 2:
      grown = mask & ~trail[1][2]
      assert grown.any()
      assert np.all(weights[grown] == 0)
  return trail


def assert_bits_equal(a, b):
  assert (a.shape, a.dtype) == (b.shape, b.dtype)
  if jnp.issubdtype(a.dtype, jax.dtypes.prng_key):
    a, b = jax.random.key_data(a), jax.random.key_data(b)
  assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def assert_close(a, b):
  if jnp.issubdtype(a.dtype, jax.dtypes.prng_key):
    assert_bits_equal(a, b)
  else:
    np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)


def test_nothing_stands_outside_the_masks(per_weight, updater, params):
  """Statistics outside restart; all else of them stays, to the bit."""
  trail = check(per_weight, updater, params)
  _, before, old = trail[1]
  now, after, new = trail[2]
  kept = old & new
  initial = jax.tree.leaves(per_weight.init(now))
  assert jax.tree.structure(after) == jax.tree.structure(before)
  leaves = zip(
    jax.tree.leaves(after), jax.tree.leaves(before), initial, strict=True
  )
  for statistic, was, fresh in leaves:
    if statistic.shape == W:
      statistic, was, fresh = map(np.asarray, (statistic, was, fresh))
      np.testing.assert_array_equal(statistic[~kept], fresh[~kept])
      assert_bits_equal(statistic[kept], was[kept])
    else:
      assert_bits_equal(statistic, was)


def test_nor_with_factored_statistics(factored, updater, params):
  """Those of rows, columns and leaves are kept."""
  trail = check(factored, updater, params)
  before, after = (jax.tree.leaves(trail[t][1]) for t in (1, 2))
  factors = [(b, a) for b, a in zip(before, after, strict=True) if b.shape != W]
  assert any(np.any(np.asarray(b) != 0) for b, _ in factors)
  for pair in factors:
    assert_bits_equal(*pair)


def test_both_kinds_of_step_return_one_type_of_state(
  per_weight, updater, params
):
  """Or the cond between them, and a scan over them, would not trace."""
  transform = sparsify(
    per_weight,
    updater,
    key=KEY,
    update_interval=3,
    start_step=0,
    stop_step=9,
  )
  state = jax.eval_shape(transform.init, params)
  updates, after = jax.eval_shape(transform.update, params, state, params)
  assert jax.tree.structure(after) == jax.tree.structure(state)
  assert jax.tree.leaves(after) == jax.tree.leaves(state)
  assert [u.shape for u in jax.tree.leaves(updates)] == [(3,), W]


@pytest.mark.slow
@pytest.mark.parametrize('start_step', [0, 2])
def test_a_loop_of_ones_own_is_the_loop_of_the_two_steps(
  per_weight, updater, params, start_step
):
  """Both kinds of step in one program; statistics outside the masks rest."""
  times = {'update_interval': 2, 'start_step': start_step, 'stop_step': 9}
  tx = sparsify(per_weight, updater, key=KEY, **times)
  state = tx.init(params)
  masks = state.mask_state
  stored = stored_params(updater, params, masks)
  theirs = stored, per_weight.init(stored), masks
  with jax.disable_jit():
    for t in range(4):
      seen, opt_state, masks = theirs
      kind = mask_step if is_mask_step(t, **times) else optimiser_step
      theirs = kind(
        *(per_weight, updater, gradient(seen, t), opt_state, masks, seen),
        step=jnp.int32(t),
        key=prng.at(prng.stream(KEY, 'masks'), t),
      )
      grads = gradient(sparsify_params(params, state), t)
      updates, state = tx.update(grads, state, params)
      params = optax.apply_updates(params, updates)
      jax.tree.map(assert_close, params, theirs[0])
      jax.tree.map(assert_bits_equal, state.mask_state, theirs[2])
      mask = np.asarray(masks.masks['w'])
  mine, theirs = (jax.tree.leaves(s) for s in (state.opt_state, theirs[1]))
  for leaf, expected in zip(mine, theirs, strict=True):
    if leaf.shape == W:
      leaf, expected = np.asarray(leaf)[mask], np.asarray(expected)[mask]
    assert_close(leaf, expected)
