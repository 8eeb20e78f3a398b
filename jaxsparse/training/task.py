"""A Flax module as the functions that steps and evaluation need."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxsparse.core.types import Loss, Params, PyTree

# `(logits [b, c], labels [b]) -> [b]`; of sequences `[b, t]`.
ExampleLoss = Callable[[jax.Array, jax.Array], jax.Array]


class Task(NamedTuple):
  """A model with its loss.

  Attributes:
    init: `(key, inputs) -> (params, model_state)`.
    loss: see `core.types.Loss`.
    logits: `(params, model_state, inputs) -> logits`, in evaluation mode.
    example_loss: the loss of each label in evaluation; in nats, if it is a
      cross entropy.
  """

  init: Callable[[jax.Array, jax.Array], tuple[Params, PyTree]]
  loss: Loss
  logits: Callable[[Params, PyTree, jax.Array], jax.Array]
  example_loss: ExampleLoss


def supervised(
  module: nn.Module,
  example_loss: ExampleLoss,
  *,
  training_loss: ExampleLoss | None = None,
) -> Task:
  """Builds the task of a model and a loss of its logits and labels.

  Batches are `{'image': ..., 'label': int32 [b]}`; or sequences, `label` int32
  [b, t] and logits `[b, t, c]`: the loss of a batch is the mean over all
  labels.

  Args:
    module: called as `module(images, train=bool)`; returns logits `[b, c]`.
      Its collections other than `params` (BatchNorm statistics) are the model
      state and change in training mode only.
    example_loss: the loss of each label.
    training_loss: another one for training; by default the same.
  """
  train_on = training_loss or example_loss

  def init(key, inputs):
    variables = dict(module.init({'params': key}, inputs, train=False))
    return variables.pop('params'), variables

  def loss(params, model_state, batch, *, key, train, temperature=None):
    logits, new_state = module.apply(
      {'params': params, **model_state},
      batch['image'],
      train=train,
      mutable=list(model_state) if train else [],
      rngs={'dropout': key},
    )
    scaled = logits if temperature is None else logits / temperature
    value = jnp.mean(train_on(scaled, batch['label']))
    return value, (model_state | dict(new_state), logits)

  def logits(params, model_state, inputs):
    return module.apply({'params': params, **model_state}, inputs, train=False)

  return Task(init, loss, logits, example_loss)
