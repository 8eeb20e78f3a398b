"""A Flax module as the functions that steps and evaluation need."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from jaxsparse.core.types import Loss, Params, PyTree


class Task(NamedTuple):
  """A model with its loss.

  Attributes:
    init: `(key, inputs) -> (params, model_state)`.
    loss: see `core.types.Loss`.
    logits: `(params, model_state, inputs) -> logits`, in evaluation mode.
    example_loss: `(logits [b, c], labels [b]) -> [b]`, in nats; of sequences
      [b, t, c] and [b, t] -> [b, t].
  """

  init: Callable[[jax.Array, jax.Array], tuple[Params, PyTree]]
  loss: Loss
  logits: Callable[[Params, PyTree, jax.Array], jax.Array]
  example_loss: Callable[[jax.Array, jax.Array], jax.Array]


def classification(module: nn.Module, *, label_smoothing: float = 0.0) -> Task:
  """Builds a task of softmax cross entropy.

  Batches are `{'image': ..., 'label': int32 [b]}`; or sequences, `label` int32
  [b, t] and logits `[b, t, c]`: the mean is over both axes.

  Args:
    module: called as `module(images, train=bool)`; returns logits `[b, c]`.
      Its collections other than `params` (BatchNorm statistics) are the model
      state and change in training mode only.
    label_smoothing: a in [0, 1): `loss`, but not `example_loss`, is against
      1 - a of the label and a / c of each of the c classes (Szegedy et al.
      2016, section 7).
  """

  def init(key, inputs):
    variables = dict(module.init({'params': key}, inputs, train=False))
    return variables.pop('params'), variables

  def loss(params, model_state, batch, *, key, train):
    logits, new_state = module.apply(
      {'params': params, **model_state},
      batch['image'],
      train=train,
      mutable=list(model_state) if train else [],
      rngs={'dropout': key},
    )
    losses = _smoothed_loss(logits, batch['label'], label_smoothing)
    value = jnp.mean(losses)
    return value, (model_state | dict(new_state), logits)

  def logits(params, model_state, inputs):
    return module.apply({'params': params, **model_state}, inputs, train=False)

  return Task(init, loss, logits, example_loss)


def example_loss(logits: jax.Array, labels: jax.Array) -> jax.Array:
  """Returns the cross entropy of each label in nats, float32 [b] or [b, t]."""
  return optax.softmax_cross_entropy_with_integer_labels(
    logits.astype(jnp.float32), labels
  )


def _smoothed_loss(
  logits: jax.Array, labels: jax.Array, smoothing: float
) -> jax.Array:
  """Returns cross entropy against smoothed labels, float32 like `labels`."""
  loss = example_loss(logits, labels)
  if not smoothing:
    return loss
  uniform = -jnp.mean(jax.nn.log_softmax(logits.astype(jnp.float32)), axis=-1)
  return (1 - smoothing) * loss + smoothing * uniform
