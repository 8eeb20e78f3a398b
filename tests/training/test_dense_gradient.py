"""What growth goes by, against finite differences of a loss in numpy."""

import jax
import numpy as np
import optax
from flax import linen as nn

from jaxsparse.core import initialisation
from jaxsparse.core.types import MaskUpdater
from jaxsparse.tasks.classification import classification
from jaxsparse.training.state import Member, Recipe
from jaxsparse.training.step import initial_state, mask_update_step
from jaxsparse.updaters.static import static

INPUTS, HIDDEN, CLASSES = 6, 5, 4
COUNTS = {
  'Dense_0': {'kernel': np.int32(11), 'bias': None},
  'Dense_1': {'kernel': np.int32(7), 'bias': None},
}


class Net(nn.Module):
  @nn.compact
  def __call__(self, x, *, train=False):
    hidden = nn.tanh(nn.Dense(HIDDEN)(x))
    return nn.Dense(CLASSES)(hidden)


def loss(params, batch):
  """The mean cross-entropy of `Net`, in float64."""
  first, second = params['Dense_0'], params['Dense_1']
  hidden = np.tanh(batch['image'] @ first['kernel'] + first['bias'])
  logits = hidden @ second['kernel'] + second['bias']
  logged = np.log(np.exp(logits).sum(1))
  return (logged - logits[np.arange(len(logits)), batch['label']]).mean()


def difference(params, batch, layer, place):
  """The slope of the loss in one weight, from both sides of where it is."""
  sides = []
  for distance in (1e-5, -1e-5):
    moved = jax.tree.map(np.copy, params)
    moved[layer]['kernel'][place] += distance
    sides.append(loss(moved, batch))
  return (sides[0] - sides[1]) / 2e-5


def recording(counts):
  """Masks that stay; its state has the gradients that it was last given."""
  base = static(counts)

  def update(grads, state, params, *, step, key):
    return params, state._replace(inner=grads)

  def init(params, *, key, probe=None):
    return base.init(params, key=key)._replace(
      inner=jax.tree.map(np.zeros_like, params)
    )

  return MaskUpdater(init, update)


def test_it_is_the_slope_of_the_loss_in_weights_that_are_0(key):
  random = np.random.default_rng(0)
  batch = {
    'image': random.normal(size=(16, INPUTS)).astype(np.float32),
    'label': random.integers(CLASSES, size=16).astype(np.int32),
  }
  member = Member(key, COUNTS, {}, {}, {})
  task = classification(Net())
  recipe = Recipe(
    task.loss, lambda *_: optax.sgd(0.1), lambda m: recording(m.counts)
  )
  params, model_state = task.init(key, batch['image'])
  state = initial_state(
    recipe, member, params, model_state, initialisation.dense
  )
  after, _ = jax.jit(mask_update_step(recipe))(state, member, batch)
  given = jax.tree.map(np.asarray, after.mask_state.inner)
  at = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), state.params)
  for layer, grads in given.items():
    mask = np.asarray(state.mask_state.masks[layer]['kernel'])
    assert mask.sum() == COUNTS[layer]['kernel']
    assert not at[layer]['kernel'][~mask].any()
    for place in np.argwhere(~mask):
      np.testing.assert_allclose(
        grads['kernel'][tuple(place)],
        difference(at, batch, layer, tuple(place)),
        rtol=1e-3,
        atol=1e-6,
      )
