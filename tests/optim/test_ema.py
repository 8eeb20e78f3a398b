"""`js.ema` against sums by hand in float64, over masks that change."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsparse as js

DECAY, STEPS = 0.9, 12


@pytest.fixture(scope='module')
def history():
  """Params, masks and both averages after each step of SET on a tiny net."""
  draw = np.random.default_rng(0).normal
  params = {
    'kernel': jnp.asarray(draw(size=(6, 8)), jnp.float32),
    'bias': jnp.zeros(8),
  }
  tx = js.sparsify(
    optax.sgd(0.3),
    js.set(js.erk(params, 0.6), stop_step=10),
    key=jax.random.key(0),
    update_interval=3,
  )
  means = js.ema(DECAY), js.ema(DECAY, debias=False)

  @jax.jit
  def step(params, state, averages):
    grads = jax.tree.map(lambda p: jnp.cos(3 * p), params)
    updates, state = tx.update(grads, state, params)
    params = optax.apply_updates(params, updates)
    averages = [
      mean.update(params, average, state)
      for mean, average in zip(means, averages, strict=True)
    ]
    return params, state, averages

  state = tx.init(params)
  averages, steps = [mean.init(params, state) for mean in means], []
  for _ in range(STEPS):
    params, state, averages = step(params, state, averages)
    trees = params, state.mask_state.masks, [one.params for one in averages]
    steps.append(jax.device_get(trees))
  return steps


def by_hand(history, name, place, debias):
  """The average of one weight over its present life."""
  life = []
  for params, masks, _ in history:
    active = masks[name] is None or masks[name][place]
    life = [*life, float(params[name][place])] if active else []
  factors = DECAY ** np.arange(len(life))[::-1].astype(np.float64)
  total = factors.sum() if debias else 1 / (1 - DECAY)
  return factors @ np.array(life) / total if life else 0.0


@pytest.mark.parametrize('debias', [True, False])
def test_averages_are_sums_by_hand(history, debias):
  for length in (1, 4, STEPS):
    params, _, averages = history[length - 1]
    average = averages[0 if debias else 1]
    for name, leaf in params.items():
      expected = [
        by_hand(history[:length], name, place, debias)
        for place in np.ndindex(leaf.shape)
      ]
      np.testing.assert_allclose(
        average[name].ravel(), expected, rtol=1e-5, atol=1e-7
      )


def test_an_average_is_0_exactly_outside_the_masks_that_moved(history):
  masks = [masks['kernel'] for _, masks, _ in history]
  assert (masks[0] & ~masks[-1]).any()
  regrown = masks[-1] & ~masks[5]
  assert regrown.any()
  for mask, (*_, averages) in zip(masks, history, strict=True):
    for average in averages:
      assert (average['kernel'][~mask] == 0).all()


def test_averages_of_half_precision_are_float32():
  params = {'kernel': jnp.ones((4, 4), jnp.bfloat16)}
  tx = js.sparsify(
    optax.sgd(0.1), js.static({'kernel': 7}), key=jax.random.key(0)
  )
  state, mean = tx.init(params), js.ema(0.999)
  average = mean.update(params, mean.init(params, state), state)
  assert average.params['kernel'].dtype == jnp.float32
  assert average.params['kernel'].sum() == pytest.approx(7)


@pytest.mark.parametrize('decay', [0, 1, -0.1, 1.5])
def test_a_decay_out_of_range_is_refused(decay):
  with pytest.raises(ValueError, match=r'decay is .*; accepted .* \(0, 1\)'):
    js.ema(decay)
