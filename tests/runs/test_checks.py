"""What is said where the functions that a config names refuse it."""

import traceback
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
import pytest
from flax import linen as nn

from jaxsparse.runs import reading
from jaxsparse.runs.build import build


class Wrong(nn.Module):
  """A model of a user's own, with a mistake."""

  @nn.compact
  def __call__(self, x, *, train=False):
    del train
    return nn.Dense(10)(x.reshape(len(x), -1)) + x


def wrong():
  return Wrong()


def test_a_mistake_in_ones_own_model_can_be_found(make_config):
  """The line of it is in the traceback that `--verbosity=1` shows."""
  config = make_config('static', model=wrong)
  with pytest.raises(ValueError, match=r'config\.model \(.*wrong') as error:
    build(config, reading.describe)
  shown = ''.join(traceback.format_exception(error.value))
  assert 'nn.Dense(10)(x.reshape(len(x), -1)) + x' in shown


class Ends(nn.Module):
  """A model of a user's own, whose logits are what `end` makes of them."""

  features: int
  end: Callable[[jax.Array], Any]

  @nn.compact
  def __call__(self, x, *, train=False):
    del train
    if jnp.issubdtype(x.dtype, jnp.integer):
      return self.end(nn.Dense(self.features)(jax.nn.one_hot(x, 4)))
    return self.end(nn.Dense(self.features)(x.reshape(len(x), -1)))


def few(*, num_classes):
  return Ends(num_classes - 3, jnp.asarray)


def many(*, num_classes):
  return Ends(num_classes + 1, jnp.asarray)


def summed(*, num_classes):
  return Ends(num_classes, lambda x: x.sum(0))


def averaged(*, num_classes):
  return Ends(num_classes, lambda x: x.mean(0, keepdims=True))


def by_row(*, num_classes):
  return Ends(num_classes, lambda x: jnp.stack([x, x], axis=1))


def with_features(*, num_classes):
  return Ends(num_classes, lambda x: (x, x[:, :2]))


def last_character(*, num_classes):
  return Ends(num_classes, lambda x: x[:, -1])


def fit(*, num_classes):
  return Ends(num_classes, jnp.asarray)


SHAPES = [
  (few, r'\(2, 7\)'),
  (many, r'\(2, 11\)'),
  (summed, r'\(10,\)'),
  (averaged, r'\(1, 10\)'),
  (by_row, r'\(2, 2, 10\)'),
  (with_features, r'\(\(2, 10\), \(2, 2\)\)'),
]
OF_TEXT = [
  (few, r'\(2, 16, 253\)'),
  (last_character, r'\(2, 256\)'),
  (summed, r'\(16, 256\)'),
]


@pytest.mark.parametrize(('model', 'shape'), SHAPES)
def test_a_model_gives_a_logit_for_each_class(make_config, model, shape):
  said = rf'{model.__name__}.* logits of shape {shape} .* is \(2, 10\)'
  with pytest.raises(ValueError, match=said):
    build(make_config('static', model=model), reading.describe)


@pytest.mark.parametrize(('model', 'shape'), OF_TEXT)
def test_a_model_of_text_gives_them_for_each_character(
  make_config, model, shape
):
  config = make_config('static', model=model)
  config.data.update(name='tiny_shakespeare', sequence_length=16)
  said = rf'logits of shape {shape} .* is \(2, 16, 256\)'
  with pytest.raises(ValueError, match=said):
    build(config, reading.describe)


def test_models_that_fit_are_built(make_config):
  config = make_config('static', model=fit)
  build(config, reading.describe)
  config.data.update(name='tiny_shakespeare', sequence_length=16)
  build(config, reading.describe)


def frozen_first(learning_rate):
  """An optimiser of a user's own, for a net of two dense layers."""
  labels = {
    name: dict.fromkeys(('kernel', 'bias'), name)
    for name in ('Dense_0', 'Dense_1')
  }
  parts = {'Dense_0': optax.set_to_zero(), 'Dense_1': optax.sgd(learning_rate)}
  return optax.partition(parts, labels)


def test_of_a_run_a_layer_of_sparsity_0_may_be_frozen(make_config):
  config = make_config('rigl', optimizer=frozen_first)
  with pytest.raises(
    ValueError, match=r"config\.optimizer: .* never moves 'Dense_0/kernel'"
  ):
    build(config, reading.describe)
  config.updater.layers = ('Dense_0/kernel=0',)
  build(config, reading.describe)
  config = make_config('static', optimizer=frozen_first)
  build(config, reading.describe)
