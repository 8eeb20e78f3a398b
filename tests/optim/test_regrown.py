"""A weight that is regrown late, beside one that was never dropped."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optax import contrib

from jaxsparse.optim.regrown import with_regrown
from jaxsparse.optim.reset import reset_statistics
from jaxsparse.optim.second_moments import start_second_moments

LATE = 8000
AGES = np.arange(1, 201)
RATE = 1 / 1024
# 'w' has a weight that stays and one that is regrown after LATE steps.
PARAMS = {'b': jnp.zeros(1), 'w': jnp.zeros(2)}
GRADS = {'b': jnp.full(1, 0.5), 'w': jnp.full(2, 0.5)}
BOTH = {'b': None, 'w': jnp.array([True, True])}
ONE = {'b': None, 'w': jnp.array([True, False])}

OPTIMISERS = {
  'adabelief': lambda: optax.adabelief(RATE),
  'adam': lambda: optax.adam(RATE),
  'adamax': lambda: optax.adamax(RATE),
  'adamw': lambda: optax.adamw(RATE),
  'adan': lambda: optax.adan(RATE),
  'amsgrad': lambda: optax.amsgrad(RATE),
  'bf16 moments': lambda: optax.adam(RATE, mu_dtype=jnp.bfloat16),
  'nadamw': lambda: optax.nadamw(RATE),
  'rms': lambda: optax.scale_by_rms(0.99, bias_correction=True),
  'yogi': lambda: optax.yogi(RATE),
}
WRAPPED = {
  'chain': lambda: optax.chain(
    optax.clip_by_global_norm(100.0), optax.nadam(RATE)
  ),
  'inject_hyperparams': lambda: optax.inject_hyperparams(optax.adamw)(RATE),
  'masked': lambda: optax.masked(optax.adam(RATE), {'b': False, 'w': True}),
  'partition': lambda: optax.partition(
    {'one': optax.sgd(0.1), 'two': optax.adam(RATE)}, {'b': 'one', 'w': 'two'}
  ),
  'apply_if_finite': lambda: optax.apply_if_finite(optax.adam(RATE), 3),
  'multi_steps': lambda: optax.MultiSteps(optax.adam(RATE), 1),
}
# With a number of the whole leaf, or of the run, beside the moments.
COUPLED = {
  'lamb': lambda: optax.lamb(RATE),
  'prodigy': lambda: contrib.prodigy(),
  'radam': lambda: optax.radam(RATE),
}
ALL = OPTIMISERS | WRAPPED | COUPLED


@functools.cache
def optimiser(name, aged):
  """An optimiser and a program that takes steps and records the last ones."""
  tx = with_regrown(ALL[name](), 'age' if aged else 'zero')

  def run(state, count):
    def body(i, carry):
      state, record = carry
      updates, state = tx.update(GRADS, state, PARAMS)
      row = updates['w'].astype(jnp.float32)
      return state, record.at[i % len(AGES)].set(row)

    record = jnp.zeros((len(AGES), 2))
    return jax.lax.fori_loop(0, count, body, (state, record))

  return tx, jax.jit(run)


@functools.cache
def late_steps(name, remedy):
  """Of each age, the step of the weight that stays and of the regrown one."""
  tx, run = optimiser(name, remedy == 'age')
  state, _ = run(tx.init(PARAMS), LATE)
  state = reset_statistics(tx, state, PARAMS, BOTH, ONE)
  state = reset_statistics(tx, state, PARAMS, ONE, BOTH)
  state = start_second_moments(tx, state, PARAMS, GRADS, ONE, BOTH, remedy)
  return np.asarray(run(state, len(AGES))[1], np.float64).T


def new_steps(name):
  """Of each age, the step of a weight of a run that starts."""
  tx, run = optimiser(name, False)
  return np.asarray(run(tx.init(PARAMS), len(AGES))[1], np.float64)[:, 1]


@pytest.mark.parametrize('name', ['adam', 'adamw', 'masked', 'apply_if_finite'])
def test_with_zero_a_regrown_weight_steps_too_far(name):
  ratios = late_steps(name, 'zero')[1] / new_steps(name)
  expected = (1 - 0.9**AGES) / np.sqrt(1 - 0.999**AGES)
  np.testing.assert_allclose(ratios, expected, rtol=1e-2)
  for age, ratio in {1: 3.2, 12: 6.6, 100: 3.2}.items():
    assert round(ratios[age - 1], 1) == ratio


@pytest.mark.parametrize('name', OPTIMISERS | WRAPPED)
def test_with_age_it_steps_as_in_a_run_that_starts(name):
  stays, regrown = late_steps(name, 'age')
  np.testing.assert_allclose(regrown, new_steps(name), rtol=1e-2)
  # The compiler may contract other products: one unit in the last place.
  plain, _ = late_steps(name, 'zero')
  np.testing.assert_allclose(stays, plain, rtol=3e-7)


@pytest.mark.parametrize('name', COUPLED)
def test_with_age_it_steps_as_the_weight_that_stays(name):
  stays, regrown = late_steps(name, 'age')
  np.testing.assert_allclose(regrown, stays, rtol=1e-2)
  stays, regrown = late_steps(name, 'zero')
  assert regrown[11] / stays[11] > 6


@pytest.mark.parametrize('remedy', ['seed', 'layer'])
@pytest.mark.parametrize('name', ['adam', 'nadamw', 'amsgrad', 'partition'])
def test_with_a_second_moment_no_step_is_too_long(name, remedy):
  """The first moment starts at 0: at age k it is 1 - b1^k of what it will."""
  stays, regrown = late_steps(name, remedy)
  share = 1 - 0.9**AGES
  expected = 0.9 * share + 0.1 if name == 'nadamw' else share
  np.testing.assert_allclose(regrown / stays, expected, rtol=1e-2)


def test_ages_against_moments_in_numpy():
  """Gradients that change, and masks that change twice."""
  rng = np.random.default_rng(0)
  grads = rng.normal(size=(30, 4)).astype(np.float32)
  masks = np.ones((30, 4), bool)
  masks[7:12, 1] = masks[12:20, 2] = False
  tx = with_regrown(optax.adam(RATE), 'age')
  params = {'w': jnp.zeros(4)}
  state, update = tx.init(params), jax.jit(tx.update)
  m, v, ages = np.zeros((3, 4))
  for t, (grad, mask) in enumerate(zip(grads, masks, strict=True)):
    before = masks[max(t - 1, 0)]
    if (before != mask).any():
      old, new = {'w': jnp.asarray(before)}, {'w': jnp.asarray(mask)}
      state = reset_statistics(tx, state, params, old, new)
      m, v, ages = (x * (before & mask) for x in (m, v, ages))
    grad = np.where(mask, grad, 0)
    updates, state = update({'w': jnp.asarray(grad)}, state, params)
    ages = ages + 1
    m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2
    # Outside the masks v is 0, and the step 0 / 1e-8.
    root = np.sqrt(v / (1 - 0.999**ages)) + 1e-8
    expected = -RATE * m / (1 - 0.9**ages) / root
    np.testing.assert_allclose(updates['w'], expected, rtol=2e-3, atol=1e-9)
  np.testing.assert_array_equal(state.ages['w'], [30, 18, 10, 30])


@pytest.mark.parametrize(
  ('remedy', 'third'),
  [('seed', 9 * (1 - 0.999**5)), ('layer', 4), ('age', 0), ('zero', 0)],
)
def test_second_moments_by_hand(remedy, third):
  params = {'b': jnp.zeros(1), 'w': jnp.zeros(3)}
  tx = optax.adam(RATE)
  moments, *rest = tx.init(params)
  nu = {'b': jnp.ones(1), 'w': jnp.array([2.0, 4.0, 0.0])}
  state = (moments._replace(count=jnp.int32(5), nu=nu), *rest)
  grads = {'b': jnp.ones(1), 'w': jnp.array([1.0, 1.0, 3.0])}
  new = {'b': None, 'w': jnp.array([False, True, True])}
  for old, second in (([True, True, False], 4.0), ([True, False, False], None)):
    masks = {'b': None, 'w': jnp.array(old)}, new
    after = start_second_moments(tx, state, params, grads, *masks, remedy)
    if second is not None:
      expected = {'b': [1.0], 'w': [2.0, second, third]}
      for name, value in expected.items():
        np.testing.assert_allclose(after[0].nu[name], value, rtol=1e-4)
    elif remedy == 'layer':  # No weight stays whose mean there is.
      np.testing.assert_array_equal(after[0].nu['w'], [2.0, 0.0, 0.0])


class Reversed(NamedTuple):
  """Params whose leaves are in another order than a dict's."""

  w: jax.Array
  b: jax.Array


def test_gradients_follow_the_params_by_path():
  params = Reversed(w=jnp.zeros(2), b=jnp.zeros(1))
  tx = optax.adam(RATE)
  moments, *rest = tx.init(params)
  state = (moments._replace(count=jnp.int32(10**6)), *rest)
  grads = {'b': jnp.full(1, 5.0), 'w': jnp.full(2, 3.0)}
  nu = start_second_moments(tx, state, params, grads, ONE, BOTH, 'seed')[0].nu
  np.testing.assert_allclose(nu.w, [0, 9])
  np.testing.assert_array_equal(nu.b, [0])


def test_schedules_and_skipped_steps_go_by_their_own_counts():
  params, grads = {'w': jnp.zeros(2)}, {'w': jnp.ones(2)}
  schedule = optax.linear_schedule(1.0, 0.0, 10)
  tx = with_regrown(optax.MultiSteps(optax.adam(schedule), 3), 'age')
  state, update = tx.init(params), jax.jit(tx.update)
  for t in range(12):
    if t == 6:
      old, new = ({'w': jnp.array([True, m])} for m in (False, True))
      state = reset_statistics(tx, state, params, old, new)
    updates, state = update(grads, state, params)
    rate = 1 - t // 3 / 10 if t % 3 == 2 else 0.0
    np.testing.assert_allclose(updates['w'], [-rate, -rate], rtol=1e-3)
  np.testing.assert_array_equal(state.ages['w'], [4, 2])


def test_learning_rates_may_be_traced():
  def first_step(rate):
    tx = with_regrown(optax.adam(rate), 'age')
    state = start_second_moments(
      optax.adam(rate), tx.init(PARAMS)[0], PARAMS, GRADS, ONE, BOTH, 'seed'
    )
    state = tx.init(PARAMS)._replace(opt_state=state)
    return tx.update(GRADS, state, PARAMS)[0]['w']

  rates = jnp.array([0.5, 0.25])
  updates = jax.jit(jax.vmap(first_step))(rates)
  np.testing.assert_allclose(updates.T, [-rates, -rates], rtol=1e-5)
