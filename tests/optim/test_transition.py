import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsparse.core.types import Facts, MaskState
from jaxsparse.optim.masked import stored_params
from jaxsparse.optim.transition import mask_step, optimiser_step

W, B = (5, 7), (3,)
MASK_STEPS = (0, 3, 4)
KEY = jax.random.key(0)
STEPS = {
  step: jax.jit(step, static_argnums=(0, 1))
  for step in (mask_step, optimiser_step)
}


def gradient(t):
  rng = np.random.default_rng(100 + t)
  return {
    'b': rng.normal(size=B).astype(np.float32),
    'w': rng.normal(size=W).astype(np.float32),
  }


def transition(step, tx, updater, grads, carry):
  params, opt_state, mask_state = carry
  return STEPS[step](
    tx, updater, grads, opt_state, mask_state, params, step=0, key=KEY
  )


def start(tx, updater, params):
  mask_state = updater.init(params, key=KEY)
  mask = mask_state.masks['w']
  params = params | {'w': jnp.where(mask, params['w'], 0)}
  return params, tx.init(params), mask_state


class Sgd:
  """Momentum 0.9 in plain numpy, one weight tensor."""

  tx = optax.sgd(0.1, momentum=0.9)

  def __init__(self, shape):
    self.slots = [np.zeros(shape)]

  def step(self, grad):
    self.slots[0] = 0.9 * self.slots[0] + grad
    return -0.1 * self.slots[0]

  @staticmethod
  def slots_of(opt_state):
    return [opt_state[0].trace]


class Adam:
  """Kingma and Ba 2015, algorithm 1, in plain numpy."""

  tx = optax.adam(0.1)

  def __init__(self, shape):
    self.slots = [np.zeros(shape), np.zeros(shape)]
    self.t = 0

  def step(self, grad):
    self.t += 1
    m, v = self.slots
    m = 0.9 * m + 0.1 * grad
    v = 0.999 * v + 0.001 * grad**2
    self.slots = [m, v]
    m_hat, v_hat = m / (1 - 0.9**self.t), v / (1 - 0.999**self.t)
    return -0.1 * m_hat / (np.sqrt(v_hat) + 1e-8)

  @staticmethod
  def slots_of(opt_state):
    return [opt_state[0].mu, opt_state[0].nu]


@pytest.mark.parametrize('step_on_update', [True, False])
@pytest.mark.parametrize('oracle', [Sgd, Adam])
def test_a_run_of_changing_masks_is_what_plain_numpy_makes_of_it(
  oracle, step_on_update, scripted, params, masks
):
  script = [*masks, {'b': None, 'w': masks[0]['w'] ^ masks[1]['w']}]
  updater = scripted(*script, facts=Facts(step_on_update=step_on_update))
  carry = start(oracle.tx, updater, params)
  w, turn = np.array(carry[0]['w'], np.float64), 0
  mine = oracle(W)
  for t in range(8):
    kind = mask_step if t in MASK_STEPS else optimiser_step
    carry = transition(kind, oracle.tx, updater, gradient(t), carry)
    mask = np.asarray(script[turn]['w'])
    if t not in MASK_STEPS or step_on_update:
      w[mask] += mine.step(np.where(mask, gradient(t)['w'], 0))[mask]
    if t in MASK_STEPS:
      turn = (turn + 1) % 3
      for array in (w, *mine.slots):
        array[~(mask & np.asarray(script[turn]['w']))] = 0
    np.testing.assert_allclose(carry[0]['w'], w, rtol=2e-5, atol=2e-6)
    slots = oracle.slots_of(carry[1])
    for theirs, slot in zip(slots, mine.slots, strict=True):
      np.testing.assert_allclose(theirs['w'], slot, rtol=2e-5, atol=2e-6)
    np.testing.assert_array_equal(carry[2].masks['w'], script[turn]['w'])


def test_without_a_step_surviving_weights_stay_bit_for_bit(
  scripted, params, masks
):
  tx = optax.adamw(0.1, weight_decay=0.5)
  updater = scripted(*masks)
  before = start(tx, updater, params)
  after = transition(mask_step, tx, updater, gradient(0), before)
  kept = np.asarray(masks[0]['w'] & masks[1]['w'])
  expected = np.where(kept, before[0]['w'], 0)
  np.testing.assert_array_equal(after[0]['w'], expected)
  np.testing.assert_array_equal(after[0]['b'], before[0]['b'])
  assert after[1][0].count == 0


def remember(grads, state, params, *, step, key):
  return MaskState(state.masks, (grads['w'], params['w']))


def test_the_dense_gradient_is_observed_before_anything_moves(
  scripted, params, masks
):
  tx = optax.sgd(0.1)
  updater = scripted(*masks, observe=remember)
  masked, opt_state, state = start(tx, updater, params)
  zeros = jnp.zeros(W)
  carry = (masked, opt_state, MaskState(state.masks, (zeros, zeros)))
  _, _, seen = transition(optimiser_step, tx, updater, gradient(0), carry)
  np.testing.assert_array_equal(seen.inner[0], gradient(0)['w'])
  np.testing.assert_array_equal(seen.inner[1], masked['w'])


@pytest.mark.parametrize('bad', [np.nan, np.inf])
@pytest.mark.parametrize('leaf', ['w', 'b'])
def test_a_gradient_that_is_not_finite_changes_no_mask(
  bad, leaf, scripted, params, masks
):
  tx = optax.adam(0.1)
  updater = scripted(*masks)
  carry = start(tx, updater, params)
  carry = transition(optimiser_step, tx, updater, gradient(0), carry)
  grads = gradient(1)
  grads[leaf][-1] = bad
  after = transition(mask_step, tx, updater, grads, carry)
  for a, b in zip(jax.tree.leaves(after), jax.tree.leaves(carry), strict=True):
    np.testing.assert_array_equal(a, b)


def test_nor_does_a_parameter_that_is_not_finite(scripted, params, masks):
  """Here one that the optimiser step of the mask step itself makes so."""
  tx = optax.sgd(3e38)
  updater = scripted(*masks, facts=Facts(step_on_update=True))
  carry = start(tx, updater, params)
  grads = jax.tree.map(lambda g: 3 * g, gradient(0))
  after = transition(mask_step, tx, updater, grads, carry)
  assert not np.all(np.isfinite(after[0]['w']))
  np.testing.assert_array_equal(after[2].masks['w'], masks[0]['w'])
  grads = jax.tree.map(lambda g: g / 10, gradient(0))
  after = transition(mask_step, tx, updater, grads, carry)
  np.testing.assert_array_equal(after[2].masks['w'], masks[1]['w'])


def test_a_gradient_that_is_not_finite_is_not_observed(scripted, params, masks):
  tx = optax.apply_if_finite(optax.sgd(0.1), 3)
  updater = scripted(*masks, observe=remember)
  masked, opt_state, state = start(tx, updater, params)
  carry = (masked, opt_state, MaskState(state.masks, (masked['w'],) * 2))
  grads = gradient(0) | {'w': np.full(W, np.nan, np.float32)}
  after = transition(optimiser_step, tx, updater, grads, carry)
  np.testing.assert_array_equal(after[2].inner[0], masked['w'])
  np.testing.assert_array_equal(after[0]['w'], masked['w'])


def test_statistics_follow_what_is_trained_not_the_masks(
  scripted, params, masks
):
  """A method may train weights that it does not show."""
  everything = {'b': None, 'w': jnp.ones(W, bool)}
  updater = scripted(*masks, trained=lambda state: everything)
  tx = optax.sgd(0.1, momentum=0.9)
  carry = (params, tx.init(params), updater.init(params, key=KEY))
  carry = transition(optimiser_step, tx, updater, gradient(0), carry)
  expected = params['w'] - np.float32(0.1) * gradient(0)['w']
  np.testing.assert_allclose(carry[0]['w'], expected, rtol=1e-6)
  carry = transition(mask_step, tx, updater, gradient(1), carry)
  np.testing.assert_array_equal(carry[1][0].trace['w'], gradient(0)['w'])


def test_the_optimiser_alone_is_given_what_the_method_adds(
  scripted, params, masks
):
  """Here weight decay, on what the masks hold; `observe` sees none of it."""

  def decayed(grads, state, params, *, step, key):
    return jax.tree.map(lambda g, p: g + 0.5 * p, grads, params)

  updater = scripted(*masks, observe=remember, regularise=decayed)
  tx = optax.sgd(0.1)
  masked, opt_state, state = start(tx, updater, params)
  carry = (masked, opt_state, MaskState(state.masks, (masked['w'],) * 2))
  after = transition(optimiser_step, tx, updater, gradient(0), carry)
  mask, before = np.asarray(masks[0]['w']), np.asarray(masked['w'])
  moved = before - 0.1 * (gradient(0)['w'] + 0.5 * before)
  np.testing.assert_allclose(
    after[0]['w'], np.where(mask, moved, 0), rtol=1e-6, atol=1e-7
  )
  np.testing.assert_array_equal(after[2].inner[0], gradient(0)['w'])


def test_values_that_are_stored_and_not_trained_stay(scripted, params, masks):
  """Stored at the start, passed over by the optimiser, there after a change."""
  updater = scripted(*masks, facts=Facts(stores_all=True, step_on_update=True))
  tx = optax.adamw(0.1, weight_decay=0.1)
  state = updater.init(params, key=KEY)
  stored = stored_params(updater, params, state)
  np.testing.assert_array_equal(stored['w'], params['w'])
  carry = (stored, tx.init(stored), state)
  after, _, _ = transition(optimiser_step, tx, updater, gradient(0), carry)
  moved = np.asarray(after['w']) != np.asarray(params['w'])
  np.testing.assert_array_equal(moved, masks[0]['w'])
