"""The four options under every method, and what is found in an optimiser."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.core import registry
from jaxsparse.core.masks import apply_masks
from jaxsparse.optim.corrections import evaluate
from jaxsparse.optim.regrown import REGROWN, with_regrown
from jaxsparse.optim.second_moments import second_moments
from jaxsparse.optim.sparsify import sparsify, sparsify_params
from jaxsparse.optim.supported import check_optimiser
from jaxsparse.optim.transition import mask_step, optimiser_step
from jaxsparse.updaters.rigl import rigl

PACKAGE = 'jaxsparse.updaters'
# One of each kind: the others choose by another score, and no more.
KINDS = {'rigl', 'granet', 'topkast', 'deep_r', 'dsr', 'srigl'}
TIMES = {'start_step': 0, 'stop_step': 9, 'update_interval': 3}
COUNTS = {'b': None, 'w': 15}
KEY = jax.random.key(0)

# As their papers have it: name -> (corrections, second moments among them).
CORRECTIONS = {
  **dict.fromkeys(('adam', 'adamw', 'adabelief', 'amsgrad', 'lamb'), (2, 1)),
  **dict.fromkeys(('radam', 'yogi', 'ademamix', 'mechanize', 'sam'), (2, 1)),
  **dict.fromkeys(('inject_hyperparams', 'mask_function'), (2, 1)),
  **dict.fromkeys(('masked', 'partition'), (2, 1)),
  **dict.fromkeys(('apply_if_finite', 'conditionally_mask'), (2, 1)),
  **dict.fromkeys(('nadam', 'nadamw', 'adan'), (3, 1)),
  **dict.fromkeys(('optimistic_adam', 'optimistic_adam_v2'), (3, 1)),
  **dict.fromkeys(('adamax', 'adamaxw'), (1, 0)),
  **dict.fromkeys(('acprop', 'schedule_free_adamw'), (1, 1)),
  'simplified_ademamix': (1, 1),
  # Once in the learning rate, which stands in three places.
  **dict.fromkeys(('prodigy', 'dadapt_adamw'), (3, 0)),
}


def corrections_of(tx, params):
  """Traced alone, as in a compiled step."""
  found = []
  jax.eval_shape(
    lambda p: found.extend(evaluate(tx, p, tx.init(p), p)[1]), params
  )
  return found


def test_where_an_optimiser_corrects_bias(by_name, params):
  name, tx = by_name
  check_optimiser(with_regrown(tx, 'age'), params)
  corrections = corrections_of(tx, params)
  places, squares = CORRECTIONS.get(name, (0, 0))
  assert [c.leaf for c in corrections].count(1) == places
  if places:
    assert [m.leaf for m in second_moments(tx, params)].count(1) == squares


def test_an_exponential_warm_up_is_no_bias_correction(params):
  """1 - 0.9^n is one only where it divides."""

  def warm_up(n):
    return 1 - 0.9 ** (n + 1)

  for tx in (optax.sgd(warm_up), optax.inject_hyperparams(optax.sgd)(warm_up)):
    assert corrections_of(tx, params) == []


def test_a_second_moment_that_waits_for_an_accumulation(params):
  tx = optax.MultiSteps(optax.adam(0.1, b2=0.99), 16)
  decays = [moment.decay for moment in second_moments(tx, params)]
  np.testing.assert_allclose(decays, [0.99, 0.99], rtol=1e-5)


def methods():
  """Every method that changes masks more than once."""
  for name in registry.names(PACKAGE):
    builder = registry.resolve(name, PACKAGE)
    accepted = registry.parameters(builder)
    options = TIMES | {'drop_fraction': 0.5}
    options = {k: v for k, v in options.items() if k in accepted}
    updater = registry.build(builder, COUNTS, **options)
    if updater.facts.mask_steps == 'all':
      marks = () if name in KINDS else pytest.mark.slow
      yield pytest.param(updater, id=name, marks=marks)


@pytest.mark.parametrize('updater', list(methods()))
def test_weights_outside_the_masks_are_0(updater, params):
  """Op by op: programs would be compiled for each method."""
  start = updater.init(params, key=KEY)
  for regrown in REGROWN:
    tx = with_regrown(optax.adam(0.1), regrown)
    state = start
    stored = apply_masks(params, updater.trained(state))
    opt_state = tx.init(stored)
    for t in (0, 1, 3):
      at = {'step': jnp.int32(t), 'key': jax.random.fold_in(KEY, t)}
      if t % 3 == 0:
        at['regrown'] = regrown
      kind = optimiser_step if t % 3 else mask_step
      grads = jax.tree.map(lambda p, t=t: jnp.cos(7 * p + t), params)
      stored, opt_state, state = kind(
        tx, updater, grads, opt_state, state, stored, **at
      )
    weights = np.asarray(stored['w'])
    assert np.all(np.isfinite(weights))
    trained = np.broadcast_to(updater.trained(state)['w'], weights.shape)
    assert np.all(weights[~trained] == 0)


@pytest.mark.parametrize('regrown', ['age', 'seed'])
def test_sparsify_has_the_option(regrown, params, key):
  updater = rigl(
    COUNTS, drop_fraction=0.5, drop_schedule='constant', stop_step=9
  )
  tx = sparsify(optax.adam(0.1), updater, key=key, regrown=regrown, **TIMES)

  @jax.jit
  def run(params):
    def body(carry, t):
      params, state = carry
      seen = sparsify_params(params, state)
      grads = jax.tree.map(
        lambda p: jnp.cos(7.0 * jnp.arange(p.size) + t).reshape(p.shape), seen
      )
      updates, state = tx.update(grads, state, params)
      params = optax.apply_updates(params, updates)
      return (params, state), (params['w'], state.mask_state.masks['w'])

    carry = (params, tx.init(params))
    return jax.lax.scan(body, carry, jnp.arange(8))

  (_, state), (weights, masks) = run(params)
  assert np.all(np.asarray(weights)[~np.asarray(masks)] == 0)
  grown = np.asarray(masks[-1] & ~masks[5])
  assert grown.any()
  if regrown == 'age':  # On the mask step 6 itself RigL moves nothing.
    np.testing.assert_array_equal(state.opt_state.ages['w'][grown], 1)
  else:
    nu = np.asarray(state.opt_state[0].nu['w'])
    assert np.all(nu[grown] > 0)


def test_another_name_is_refused(key):
  updater = rigl(COUNTS, stop_step=9)
  with pytest.raises(ValueError, match=r"regrown is 'agee'.*mean 'age'"):
    sparsify(optax.adam(0.1), updater, key=key, regrown='agee', **TIMES)
