"""Steps against plain numpy: a linear classifier under masks, SGD momentum."""

import zlib

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn

from jaxsparse.core import initialisation, prng
from jaxsparse.core.masks import apply_masks
from jaxsparse.core.types import MaskState, MaskUpdater
from jaxsparse.tasks.classification import classification
from jaxsparse.training.state import Member, Recipe
from jaxsparse.training.step import (
  accuracy,
  churn,
  initial_state,
  mask_update_step,
  train_step,
)
from jaxsparse.updaters.rigl import rigl
from jaxsparse.updaters.static import static

RATE, MOMENTUM, UNITS, INPUTS = 0.1, 0.9, 4, 6


class Linear(nn.Module):
  @nn.compact
  def __call__(self, x, *, train=False):
    return nn.Dense(UNITS)(x)


class Normed(nn.Module):
  @nn.compact
  def __call__(self, x, *, train=False):
    x = nn.BatchNorm(use_running_average=not train, momentum=0.5)(x)
    return nn.Dense(UNITS)(nn.Dropout(0.5, deterministic=not train)(x))


def recipe_of(module, updater=None):
  return Recipe(
    classification(module).loss,
    lambda member, step: optax.sgd(
      member.optimizer['learning_rate'] / (1 + step), MOMENTUM
    ),
    updater or (lambda m: rigl(m.counts, stop_step=10, **m.updater)),
  )


def member_of(seed=0, active=9, **updater):
  counts = {'Dense_0': {'kernel': np.int32(active), 'bias': None}}
  return Member(
    jax.random.key(seed),
    counts,
    {'learning_rate': np.float32(RATE)},
    {'drop_fraction': np.float32(0.4)} | updater,
    {},
  )


def fresh(module, member, recipe=None, **kwargs):
  init = classification(module).init
  params, model_state = init(
    prng.stream(member.key, 'init'), jnp.zeros((1, INPUTS))
  )
  if 'BatchNorm_0' in params:
    params = {'Dense_0': params['Dense_0'], 'BatchNorm_0': {}} | params
    member.counts['BatchNorm_0'] = {'bias': None, 'scale': None}
  return initial_state(
    recipe or recipe_of(module),
    member,
    params,
    model_state,
    initialisation.dense,
    **kwargs,
  )


def batch_of(seed, size=8):
  rng = np.random.default_rng(seed)
  return {
    'image': rng.normal(size=(size, INPUTS)).astype(np.float32),
    'label': rng.integers(UNITS, size=size).astype(np.int32),
  }


def forward(params, batch):
  """Mean loss, accuracy and gradients of a linear classifier, in float64."""
  kernel = np.asarray(params['Dense_0']['kernel'], np.float64)
  logits = batch['image'] @ kernel + np.asarray(params['Dense_0']['bias'])
  p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
  rows = np.arange(len(p))
  loss = -np.log(p[rows, batch['label']]).mean()
  right = (logits.argmax(1) == batch['label']).mean()
  p[rows, batch['label']] -= 1
  return loss, right, batch['image'].T @ p / len(p), p.mean(0)


def test_a_batch_is_augmented_in_both_steps_by_key_and_step():
  member, module = member_of(), Linear()
  state = fresh(module, member)._replace(step=jnp.int32(7))

  def augment(batch, key):
    return batch | {'image': batch['image'] + jax.random.normal(key)}

  recipe = recipe_of(module, lambda m: static(m.counts))
  recipe = recipe._replace(augment=augment)
  key = jax.random.fold_in(member.key, zlib.crc32(b'augment'))
  moved = float(jax.random.normal(jax.random.fold_in(key, 7)))
  batch = batch_of(0)
  by_hand = batch | {'image': batch['image'] + np.float32(moved)}
  for step in (train_step, mask_update_step):
    _, metrics = jax.jit(step(recipe))(state, member, batch)
    loss, *_ = forward(state.params, by_hand)
    assert float(metrics['loss']) == pytest.approx(loss, rel=1e-5)
    assert abs(loss - forward(state.params, batch)[0]) > 1e-3


def test_train_steps_are_masked_sgd_with_momentum():
  member, module = member_of(), Linear()
  state = fresh(module, member)
  mask = np.asarray(state.mask_state.masks['Dense_0']['kernel'])
  weights = {k: np.asarray(v) for k, v in state.params['Dense_0'].items()}
  trace = {'kernel': 0.0, 'bias': 0.0}
  step = jax.jit(train_step(recipe_of(module)))
  for t in range(4):
    loss, right, kernel, bias = forward({'Dense_0': weights}, batch_of(t))
    for name, grad in (('kernel', kernel * mask), ('bias', bias)):
      trace[name] = grad + MOMENTUM * trace[name]
      weights[name] = weights[name] - RATE / (1 + t) * trace[name]
    state, metrics = step(state, member, batch_of(t))
    np.testing.assert_allclose(metrics['loss'], loss, rtol=1e-5)
    np.testing.assert_allclose(metrics['accuracy'], right)
    for name, value in weights.items():
      np.testing.assert_allclose(state.params['Dense_0'][name], value, 1e-5)
    assert state.step == t + 1
  assert mask.sum() == 9
  assert not np.any(np.asarray(state.params['Dense_0']['kernel'])[~mask])


def test_a_mask_step_drops_the_smallest_and_grows_by_gradient():
  member, module = member_of(), Linear()
  state = fresh(module, member)
  mask = np.asarray(state.mask_state.masks['Dense_0']['kernel'])
  kernel = np.asarray(state.params['Dense_0']['kernel'])
  # floor(0.4 x 9) = 3 of the active weights go.
  order = np.argsort(np.where(mask, np.abs(kernel), np.inf), axis=None)
  kept = mask.copy()
  kept.flat[order[:3]] = False
  grad = np.abs(forward(state.params, batch_of(0))[2])
  grown = np.argsort(np.where(kept, -1, grad), axis=None)[-3:]
  expected = kept.copy()
  expected.flat[grown] = True

  new, metrics = jax.jit(mask_update_step(recipe_of(module)))(
    state, member, batch_of(0)
  )
  found = np.asarray(new.mask_state.masks['Dense_0']['kernel'])
  np.testing.assert_array_equal(found, expected)
  np.testing.assert_array_equal(
    new.params['Dense_0']['kernel'], np.where(mask & found, kernel, 0)
  )
  lost = np.sum(mask & ~found) / 9
  np.testing.assert_allclose(metrics['churn']['Dense_0']['kernel'], lost)
  active = metrics['layer_active']['Dense_0']
  assert (active['kernel'], active['bias']) == (np.sum(found), None)
  assert new.step == 1


def test_learning_rates_are_numbers_of_the_member_at_the_step():
  module = Linear()
  step = jax.jit(train_step(recipe_of(module)))
  state = fresh(module, member_of())
  for rate in (0.1, 0.3):
    member = member_of()
    member.optimizer['learning_rate'] = np.float32(rate)
    late = state._replace(step=jnp.int32(4))
    new, _ = step(late, member, batch_of(0))
    bias = forward(state.params, batch_of(0))[3]
    np.testing.assert_allclose(
      new.params['Dense_0']['bias'], -rate / 5 * bias, rtol=1e-5
    )
  assert step._cache_size() == 1


def test_mask_steps_update_model_statistics_too():
  module = Normed()
  member = member_of()
  state = fresh(module, member)
  batch = batch_of(0)
  mean = 0.5 * batch['image'].mean(0)
  recipe = recipe_of(module, lambda m: static(m.counts))
  for make in (train_step, mask_update_step):
    new, _ = jax.jit(make(recipe))(state, member, batch)
    found = new.model_state['batch_stats']['BatchNorm_0']['mean']
    np.testing.assert_allclose(found, mean, rtol=1e-5, atol=1e-7)


def test_dropout_is_a_function_of_seed_and_step():
  module = Normed()
  step = jax.jit(train_step(recipe_of(module)))
  losses = []
  for seed, at in ((0, 0), (0, 0), (0, 1), (1, 0)):
    member = member_of()
    state = fresh(module, member)._replace(step=jnp.int32(at))
    member = member._replace(key=jax.random.key(seed))
    _, metrics = step(state, member, batch_of(0))
    losses.append(float(metrics['loss']))
  assert losses[0] == losses[1]
  assert len(set(losses)) == 3


def test_the_loss_sees_masked_params_of_a_method_that_stores_more():
  def wider(member):
    return rigl(member.counts, stop_step=10)._replace(
      trained=lambda state: jax.tree.map(jnp.ones_like, state.masks)
    )

  member, module = member_of(), Linear()
  state = fresh(module, member)
  dense = jax.tree.map(lambda p: p + 1, state.params)
  masked = apply_masks(dense, state.mask_state.masks)
  loss, _, _, bias = forward(masked, batch_of(0))
  step = jax.jit(train_step(recipe_of(module, wider)))
  new, metrics = step(state._replace(params=dense), member, batch_of(0))
  np.testing.assert_allclose(metrics['loss'], loss, rtol=1e-5)
  # The gradient is that at the masked params, not through the masks.
  np.testing.assert_allclose(
    new.params['Dense_0']['bias'], 1 - RATE * bias, rtol=1e-5
  )


def test_initial_params_are_masked_and_of_the_seed():
  module = Linear()
  state = fresh(module, member_of())
  mask = np.asarray(state.mask_state.masks['Dense_0']['kernel'])
  kernel = np.asarray(state.params['Dense_0']['kernel'])
  assert mask.sum() == np.count_nonzero(kernel) == 9
  assert not np.any(kernel[~mask])
  again, other = fresh(module, member_of()), fresh(module, member_of(seed=1))
  np.testing.assert_array_equal(again.params['Dense_0']['kernel'], kernel)
  others = np.asarray(other.mask_state.masks['Dense_0']['kernel'])
  assert np.any(others != mask)
  assert state.step == 0
  assert state.opt_state[0].trace['Dense_0']['kernel'].shape == kernel.shape


def test_given_masks_take_the_place_of_drawn_ones():
  module = Linear()
  given = np.zeros((INPUTS, UNITS), bool)
  given[:3, :3] = True
  masks = {'Dense_0': {'kernel': jnp.asarray(given), 'bias': None}}
  state = fresh(module, member_of(), masks=masks)
  kernel = np.asarray(state.params['Dense_0']['kernel'])
  np.testing.assert_array_equal(kernel != 0, given)


def test_initial_masks_may_be_wider_for_training_than_for_the_loss():
  """Stored params are cut by what may be trained (Top-KAST), not the masks."""

  def init(params, *, key, probe=None):
    wide = jnp.ones((INPUTS, UNITS), bool).at[0].set(False)
    masks = {'Dense_0': {'kernel': wide.at[1].set(False), 'bias': None}}
    inner = {'Dense_0': {'kernel': wide, 'bias': None}}
    return MaskState(masks, inner)

  def updater(member):
    return MaskUpdater(init, update=None, trained=lambda state: state.inner)

  module = Linear()
  params, _ = classification(module).init(
    jax.random.key(0), jnp.zeros((1, INPUTS))
  )
  state = initial_state(
    recipe_of(module, updater),
    member_of(),
    params,
    {},
    lambda params, masks, *, key: params,
  )
  found = np.asarray(state.params['Dense_0']['kernel'])
  expected = np.asarray(params['Dense_0']['kernel']).copy()
  expected[0] = 0
  np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
  ('old', 'new', 'expected'),
  [
    ([1, 1, 1, 0], [1, 0, 1, 1], 1 / 3),
    ([1, 1, 0, 0], [0, 0, 1, 1], 1.0),
    ([1, 0], [1, 1], 0.0),
    ([0, 0], [0, 0], 0.0),
  ],
)
def test_churn_is_the_share_of_active_weights_that_went(old, new, expected):
  trees = [{'w': jnp.asarray(m, bool), 'b': None} for m in (old, new)]
  found = churn(*trees)
  assert found['b'] is None
  np.testing.assert_allclose(found['w'], expected)


def test_accuracy_counts_the_highest_logit():
  logits = jnp.asarray([[0.0, 1.0], [3.0, 2.0], [0.0, 9.0], [1.0, 1.0]])
  assert accuracy(logits, jnp.asarray([1, 1, 1, 0])) == 0.75
