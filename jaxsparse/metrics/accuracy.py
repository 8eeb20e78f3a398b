"""Accuracy: the share of labels that have the highest logit."""

import jax
import jax.numpy as jnp

from jaxsparse.core.metric import Metric


def accuracy() -> Metric:
  """Returns the share of labels that have the highest logit, in [0, 1]."""
  return Metric('accuracy', 'accuracy', 100.0, '%', terms=right)


def right(logits: jax.Array, labels: jax.Array, losses: jax.Array) -> jax.Array:
  """Returns whether each label has the highest logit; bool like `labels`."""
  del losses
  return jnp.argmax(logits, axis=-1) == labels
