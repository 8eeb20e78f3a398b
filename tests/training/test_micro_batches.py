"""Accumulated gradients against those of whole batches, and by hand."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn

from jaxsparse.core import initialisation
from jaxsparse.tasks.classification import classification
from jaxsparse.training import micro_batches
from jaxsparse.training.state import Member, Recipe
from jaxsparse.training.step import initial_state, mask_update_step, train_step
from jaxsparse.updaters.rigl import rigl

PIXELS, CLASSES, BATCH, PARTS = (4, 4, 1), 3, 24, 4


class Small(nn.Module):
  """Two layers, with BatchNorm between them if asked for."""

  convolutional: bool = False
  normed: bool = False

  @nn.compact
  def __call__(self, x, *, train=False):
    x = nn.Conv(2, (2, 2))(x) if self.convolutional else x
    x = nn.Dense(12)(x.reshape(x.shape[0], -1))
    if self.normed:
      x = nn.BatchNorm(not train, momentum=0.5)(x)
    return nn.Dense(CLASSES)(nn.relu(x))


def batch_of(seed):
  rng = np.random.default_rng(seed)
  return {
    'image': rng.normal(size=(BATCH, *PIXELS)).astype(np.float32),
    'label': rng.integers(CLASSES, size=BATCH).astype(np.int32),
  }


def start(module, accumulation):
  """A recipe of RigL, and the state and the member of a run."""
  task = classification(module)
  recipe = Recipe(
    task.loss,
    lambda member, step: optax.sgd(0.1, momentum=0.9),
    lambda member: rigl(member.counts, drop_fraction=0.4, stop_step=1000),
    accumulation=accumulation,
  )
  key = jax.random.key(0)
  params, model_state = task.init(key, jnp.zeros((1, *PIXELS)))
  counts = jax.tree.map(
    lambda p: np.int32(p.size // 2) if p.ndim > 1 else None, params
  )
  member = Member(key, counts, {}, {}, {})
  state = initial_state(
    recipe, member, params, model_state, initialisation.dense
  )
  return recipe, state, member


def test_means_keys_and_the_state_of_micro_batches_by_hand():
  def fn(model_state, batch, key):
    drawn = jax.random.uniform(key)
    return 2 * model_state + batch[0], {'x': jnp.mean(batch), 'key': drawn}

  batch, key = np.arange(6, dtype=np.float32), jax.random.key(3)
  run = functools.partial(jax.jit(micro_batches.mean, static_argnums=(0, 1)))
  state, values = run(fn, 3, jnp.float32(1), batch, key)
  # The parts begin with 0, 1 and 2.
  assert state == ((1 * 2 + 0) * 2 + 1) * 2 + 2
  assert values['x'] == 2.5
  keys = [jax.random.fold_in(key, i) for i in range(3)]
  drawn = np.mean([jax.random.uniform(k) for k in keys])
  np.testing.assert_allclose(values['key'], drawn, rtol=1e-6)


@pytest.mark.parametrize('convolutional', [False, True])
def test_it_is_a_loop_but_for_convolutions_on_cpu(convolutional):
  recipe, state, member = start(Small(convolutional), PARTS)
  step = jax.jit(train_step(recipe)).trace(state, member, batch_of(0))
  assert ('while' not in step.lower().as_text()) == convolutional


def test_many_steps_and_masks_are_those_of_whole_batches():
  """Through 10 mask updates: scores do not tie within rounding."""
  ends = []
  for parts in (1, PARTS):
    recipe, state, member = start(Small(), parts)
    train, update = (
      jax.jit(train_step(recipe)),
      jax.jit(mask_update_step(recipe)),
    )
    masks, losses = [], []
    for t in range(40):
      step = update if t % 4 == 3 else train
      state, metrics = step(state, member, batch_of(t))
      losses.append((metrics['loss'], metrics['accuracy']))
      masks.append(state.mask_state.masks)
    ends.append((jax.device_get(masks), losses, state.params))
  (masks, *whole), (others, *accumulated) = ends
  jax.tree.map(np.testing.assert_array_equal, masks, others)
  changes = jax.tree.map(lambda a, b: np.sum(a != b), masks[:-1], masks[1:])
  assert sum(sum(jax.tree.leaves(one)) > 0 for one in changes) == 10
  close = functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-6)
  jax.tree.map(close, whole, accumulated)


def test_batch_norm_normalises_each_part_and_updates_after_each():
  recipe, state, member = start(Small(normed=True), PARTS)
  batch = batch_of(0)
  new, _ = jax.jit(train_step(recipe))(state, member, batch)
  kernel, bias = (
    np.asarray(state.params['Dense_0'][k]) for k in ('kernel', 'bias')
  )
  mean = np.zeros(12)
  for i in range(PARTS):
    images = batch['image'][i::PARTS].reshape(BATCH // PARTS, -1)
    mean = (mean + (images @ kernel + bias).mean(0)) / 2
  found = new.model_state['batch_stats']['BatchNorm_0']['mean']
  np.testing.assert_allclose(found, mean, rtol=1e-4, atol=1e-6)


def test_half_precision_gradients_are_summed_in_float32():
  def fn(model_state, batch, key):
    return model_state, batch[0]

  # In bfloat16, 256 + 1 is 256.
  batch = jnp.asarray([256, *[1] * 255], jnp.bfloat16)
  _, value = micro_batches.mean(fn, 256, (), batch, jax.random.key(0))
  assert value.dtype == jnp.bfloat16
  assert value == jnp.bfloat16(511 / 256)
