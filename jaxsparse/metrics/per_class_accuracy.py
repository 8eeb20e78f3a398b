"""Accuracy of each class, and their mean."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core.metric import Metric
from jaxsparse.metrics.accuracy import right


def per_class_accuracy() -> Metric:
  """Returns the accuracy of each class, in [0, 1].

  A mapping: by class, NaN for one without a label in the split, and as `mean`
  the mean over the others, each class with the same weight (balanced accuracy).
  """
  return Metric(
    'per_class_accuracy',
    'mean accuracy of a class',
    100.0,
    '%',
    terms=_right_and_all,
    value=_by_class,
  )


def _right_and_all(
  logits: jax.Array, labels: jax.Array, losses: jax.Array
) -> jax.Array:
  """Returns [..., 2, c]: the labels of each class predicted, and all."""
  of_class = jax.nn.one_hot(labels, logits.shape[-1])
  predicted = right(logits, labels, losses)[..., None]
  return jnp.stack([of_class * predicted, of_class], axis=-2)


def _by_class(totals: np.ndarray, count: float) -> dict[str, float]:
  del count
  with np.errstate(invalid='ignore'):
    accuracy = totals[0] / totals[1]
  by_class = {str(i): float(share) for i, share in enumerate(accuracy)}
  return {'mean': float(np.nanmean(accuracy)), **by_class}
