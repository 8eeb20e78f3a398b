"""Classification of mixed images."""

import jax
import jax.numpy as jnp
from flax import linen as nn

from jaxsparse.core import prng
from jaxsparse.core.types import PyTree
from jaxsparse.tasks.classification import classification, smoothed
from jaxsparse.training.task import Task, supervised


def mixup(
  module: nn.Module, *, label_smoothing: float = 0.0, alpha: float = 1.0
) -> Task:
  """Builds a task of cross entropy of mixed images (Zhang et al. 2018).

  In training, image i of a batch becomes s x_i + (1 - s) x_j, where j is from a
  random permutation, and s of Beta(alpha, alpha), one for the batch. The loss
  is s times that of the label of i plus 1 - s times that of j. Evaluation is
  that of `classification`; the training accuracy counts the labels of i, and so
  is lower than the net's.

  Args:
    module: as for `training.task.supervised`, of images in floats.
    label_smoothing: as for `classification`, of both labels.
    alpha: > 0; 1 for CIFAR in the paper, 0.2 for ImageNet. A config takes the
      default: another one is a function of your own that returns
      `mixup(module, alpha=0.2)`.

  Raises:
    ValueError: `alpha` is not positive.
  """
  if not alpha > 0:
    raise ValueError(f'mixup: alpha is {alpha}; accepted is > 0')

  def of_both(logits, labels):
    own, other, share = labels
    own_loss = smoothed(logits, own, label_smoothing)
    other_loss = smoothed(logits, other, label_smoothing)
    return share * own_loss + (1 - share) * other_loss

  plain = classification(module, label_smoothing=label_smoothing)
  of_mixed = supervised(module, of_both)

  def loss(params, model_state, batch, *, key, train, temperature=None):
    options = {'key': key, 'train': train, 'temperature': temperature}
    if not train:
      return plain.loss(params, model_state, batch, **options)
    batch = mixed(batch, key, alpha)
    return of_mixed.loss(params, model_state, batch, **options)

  return plain._replace(loss=loss)


def mixed(batch: PyTree, key: jax.Array, alpha: float) -> PyTree:
  """Returns a batch of mixed images, with (own, other, share) as labels.

  Args:
    batch: `{'image': float [b, ...], 'label': int32 [b]}`.
    key: of the share of the own image and label, and of the others' order.
    alpha: of the Beta distribution of the share, > 0.
  """
  images, labels = batch['image'], batch['label']
  share = jax.random.beta(
    prng.stream(key, 'mixup_share'), alpha, alpha, dtype=jnp.float32
  )
  order = jax.random.permutation(prng.stream(key, 'mixup_order'), len(labels))
  return {
    'image': share * images + (1 - share) * images[order],
    'label': (labels, labels[order], share),
  }
