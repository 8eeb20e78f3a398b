import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from optax import contrib

from jaxsparse.core import paths
from jaxsparse.core.drop_grow import carry_over
from jaxsparse.optim.masked import apply_gradients
from jaxsparse.optim.owners import NO_OWNER, owners
from jaxsparse.optim.reset import reset_statistics

W, B = (5, 7), (3,)


def used_state(tx, params, trained, n=2):
  """A state that has seen `n` steps, here of other gradients each."""
  opt_state = tx.init(params)
  for i in range(n):
    grads = jax.tree.map(lambda p, i=i: jnp.cos(p + i), params)
    params, opt_state = apply_gradients(tx, grads, opt_state, params, trained)
  return params, opt_state


def assert_bits_equal(a, b):
  if jnp.issubdtype(a.dtype, jax.dtypes.prng_key):
    a, b = jax.random.key_data(a), jax.random.key_data(b)
  assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_statistics_are_found_by_path_in_any_container(params, masks):
  """Those of variables by arrays, and those of arrays by variables."""
  old, new = masks
  kept = np.asarray(old['w'] & new['w'])
  tx = optax.adam(0.1)

  def variables(tree):
    return nnx.State({name: nnx.Param(leaf) for name, leaf in tree.items()})

  _, before = used_state(tx, params, old)
  for one, other in ((variables, dict), (dict, variables)):
    state = (before[0]._replace(mu=one(before[0].mu), nu=one(before[0].nu)),)
    after = reset_statistics(
      tx, state + before[1:], other(params), one(old), other(new)
    )
    mu = paths.flatten(after[0].mu)
    np.testing.assert_array_equal(mu['w'][~kept], 0)
    assert_bits_equal(mu['w'][kept], before[0].mu['w'][kept])
    assert_bits_equal(mu['b'], before[0].mu['b'])


def test_the_masked_weight_has_statistics_in_these_optimisers(params):
  """Or tests with every optimiser would prove nothing of them."""
  for tx, copies in [
    (optax.adam(0.1), 2),
    (optax.adagrad(0.1), 1),
    (optax.MultiSteps(optax.adam(0.1), 2), 3),
    (optax.masked(optax.adam(0.1), {'b': False, 'w': True}), 2),
    (contrib.schedule_free_adamw(0.1), 2),
  ]:
    shapes = [leaf.shape for leaf in jax.tree.leaves(tx.init(params))]
    assert shapes.count(W) == copies


def test_an_adagrad_accumulator_restarts_at_its_first_value_not_at_0(masks):
  old, new = masks
  params = {'b': jnp.zeros(B), 'w': jnp.zeros(W)}
  tx = optax.adagrad(0.1, initial_accumulator_value=0.25)
  state = tx.init(params)
  grads = jax.tree.map(jnp.ones_like, params)
  _, state = apply_gradients(tx, grads, state, params, old)
  state = reset_statistics(tx, state, params, old, new)
  sums = state[0].sum_of_squares
  stays = np.asarray(old['w'] & new['w'])
  np.testing.assert_array_equal(sums['w'], np.where(stays, 1.25, 0.25))
  np.testing.assert_array_equal(sums['b'], np.full(B, 1.25))


def test_a_statistic_that_starts_at_the_params_restarts_at_the_new_ones(
  params, masks
):
  old, new = masks
  tx = contrib.schedule_free_sgd(0.1)
  params, state = used_state(tx, params, old)
  params = carry_over(params, old, new)
  state = reset_statistics(tx, state, params, old, new)
  gone = ~np.asarray(old['w'] & new['w'])
  np.testing.assert_array_equal(state.z['w'][gone], 0.0)


def test_masks_that_do_not_change_leave_active_statistics_alone(params, masks):
  tx = optax.adam(0.1)
  params, before = used_state(tx, params, masks[0])
  after = reset_statistics(tx, before, params, masks[0], masks[0])
  for a, b in zip(jax.tree.leaves(after), jax.tree.leaves(before), strict=True):
    assert_bits_equal(a, b)


def test_owners_of_a_state_with_gaps_and_several_statistics_a_leaf():
  params = {'a': {'v': jnp.zeros(2), 'w': jnp.zeros((2, 3))}, 'b': jnp.zeros(3)}
  gaps = optax.masked(optax.trace(0.9), {'a': False, 'b': True})
  owned = owners(gaps, gaps.init(params), params)
  assert jax.tree.leaves(owned) == [2]
  rows = optax.scale_by_sm3()
  owned = owners(rows, rows.init(params), params)
  assert owned.mu == {'a': {'v': [0], 'w': [1, 1]}, 'b': [2]}
  adam = optax.scale_by_adam()
  owned = owners(adam, adam.init(params), params)
  assert owned.count == NO_OWNER
  assert owned.nu == {'a': {'v': 0, 'w': 1}, 'b': 2}
