"""Every metric against its definition in float64, over whole splits."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from jaxsparse.core import registry
from jaxsparse.data.resident import eval_batches
from jaxsparse.metrics import Metric, find
from jaxsparse.tasks.classification import classification
from jaxsparse.training.evaluate import Evaluation

NAMES = registry.names('jaxsparse.metrics')
CLASSES = 8


class Linear(nn.Module):
  @nn.compact
  def __call__(self, x, *, train=False):
    return nn.Dense(CLASSES, use_bias=False)(x)


def batch_of(data, indices):
  images, labels = data
  return {
    'image': jnp.take(images, indices, axis=0),
    'label': jnp.take(labels, indices, axis=0),
  }


def by_definition(logits, labels):
  """Each metric, from float64 logits [n, c] and labels [n]."""
  losses = (
    np.log(np.exp(logits).sum(1)) - logits[np.arange(len(labels)), labels]
  )
  ranks = (-logits).argsort(1).argsort(1)[np.arange(len(labels)), labels]
  by_class = {
    str(c): np.mean(ranks[labels == c] == 0) if c in labels else np.nan
    for c in range(CLASSES)
  }
  return {
    'loss': losses.mean(),
    'accuracy': np.mean(ranks == 0),
    'top5': np.mean(ranks < 5),
    'per_class_accuracy': {'mean': np.nanmean(list(by_class.values()))}
    | by_class,
    'bits': losses.mean() / np.log(2),
    'perplexity': np.exp(losses.mean()),
  }


def examples(shape):
  rng = np.random.default_rng(0)
  images = rng.normal(size=(*shape, 6)).astype(np.float32)
  labels = rng.integers(CLASSES - 1, size=shape).astype(np.int16)
  kernel = rng.normal(size=(6, CLASSES)).astype(np.float32)
  return images, labels, kernel


def evaluated(images, labels, kernel, batch_size):
  task = classification(Linear())
  evaluate = Evaluation(task, batch_of, list(map(find, NAMES)))
  params = {'Dense_0': {'kernel': kernel}}
  batches = eval_batches(len(labels), batch_size)
  return evaluate(params, {}, (images, labels), batches)


@pytest.mark.parametrize('batch_size', [1, 5, 23, 64])
def test_each_example_counts_once_in_every_metric(batch_size):
  images, labels, kernel = examples((23,))
  expected = by_definition(np.float64(images) @ kernel, labels)
  values = evaluated(images, labels, kernel, batch_size)
  assert values.keys() == {'loss', *NAMES}
  for name, value in values.items():
    assert value == pytest.approx(expected[name], rel=1e-6, nan_ok=True), name


def test_of_labels_in_sequences_those_below_0_do_not_count():
  images, labels, kernel = examples((5, 3))
  labels[4, :2] = labels[1, 1] = -1
  counts = labels >= 0
  expected = by_definition(
    (np.float64(images) @ kernel)[counts], labels[counts]
  )
  for name, value in evaluated(images, labels, kernel, 2).items():
    assert value == pytest.approx(expected[name], rel=1e-6, nan_ok=True), name


@pytest.mark.parametrize('name', NAMES)
def test_a_metric_has_the_name_of_its_file_and_a_label(name):
  metric = find(name)
  assert metric.name == name
  assert metric.label
  assert metric.heading.startswith(metric.label)


def plain():
  return Metric('plain', 'a number of no evaluation')


@pytest.mark.parametrize(
  ('spec', 'message'),
  [
    ('acuracy', "'acuracy' is not one of metrics.*accuracy"),
    (plain, 'accepted is a Metric that has terms'),
    (dict, 'accepted is a Metric that has terms'),
  ],
)
def test_what_is_no_metric_of_an_evaluation_is_refused(spec, message):
  with pytest.raises(ValueError, match=message):
    find(spec)


def test_fewer_classes_than_five_are_all_among_five():
  logits, labels = jnp.array([[0.0, 1.0, 2.0]]), jnp.array([0])
  assert find('top5').terms(logits, labels, labels).all()
