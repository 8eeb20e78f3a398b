"""Classification by softmax cross entropy."""

import functools

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from jaxsparse.training.task import Task, supervised


def classification(module: nn.Module, *, label_smoothing: float = 0.0) -> Task:
  """Builds a task of softmax cross entropy.

  Args:
    module: as for `training.task.supervised`.
    label_smoothing: a in [0, 1): training, but not evaluation, is against
      1 - a of the label and a / c of each of the c classes (Szegedy et al.
      2016, section 7).
  """
  training_loss = functools.partial(smoothed, label_smoothing=label_smoothing)
  return supervised(module, cross_entropy, training_loss=training_loss)


def smoothed(
  logits: jax.Array, labels: jax.Array, label_smoothing: float
) -> jax.Array:
  """Returns the cross entropy of each smoothed label, as `classification`."""
  loss = cross_entropy(logits, labels)
  if not label_smoothing:
    return loss
  uniform = -jnp.mean(jax.nn.log_softmax(logits.astype(jnp.float32)), axis=-1)
  return (1 - label_smoothing) * loss + label_smoothing * uniform


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
  """Returns the cross entropy of each label in nats, float32 [b] or [b, t]."""
  return optax.softmax_cross_entropy_with_integer_labels(
    logits.astype(jnp.float32), labels
  )
