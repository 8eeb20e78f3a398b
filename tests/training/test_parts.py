import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsparse.metrics.accuracy import accuracy
from jaxsparse.tasks.classification import cross_entropy
from jaxsparse.training.evaluate import Evaluation
from jaxsparse.training.parts import Parts, each, keep_up
from jaxsparse.training.task import Task


def test_resident_data_are_the_same_for_each_batch():
  data = {'image': np.zeros(3)}
  assert all(one is data for one in itertools.islice(each(data), 5))


def test_parts_come_once_in_their_order():
  made = iter('abc')
  data = Parts(made)
  assert next(each(data)) == 'a'
  assert list(each(data)) == ['b', 'c']


def test_only_parts_are_waited_for(monkeypatch):
  waited = []
  monkeypatch.setattr(jax, 'block_until_ready', waited.append)
  for data in ({'image': 1}, Parts([])):
    for count in range(1, 5):
      keep_up(data, list(range(count)))
  # One is let run on.
  assert waited == [0, 1, 2]


def test_an_evaluation_in_parts_is_one_of_all():
  rng = np.random.default_rng(0)
  images = rng.normal(size=(6, 4)).astype(np.float32)
  labels = rng.integers(4, size=6)
  task = Task(None, None, lambda params, state, x: params * x, cross_entropy)

  def batch_of(data, indices):
    return {'image': data[0][indices], 'label': data[1][indices]}

  evaluate = Evaluation(task, batch_of, [accuracy()])
  weights = np.array([[1, 1], [1, 1], [1, 0]], np.float32)
  rows = np.array([[0, 3], [5, 1], [4, 0]])
  whole = evaluate(
    jnp.float32(2),
    (),
    (jnp.asarray(images), jnp.asarray(labels)),
    (rows, weights),
  )
  parts = Parts((jnp.asarray(images[r]), jnp.asarray(labels[r])) for r in rows)
  own = np.tile(np.arange(2), (3, 1))
  got = evaluate(jnp.float32(2), (), parts, (own, weights))
  assert got == pytest.approx(whole, rel=1e-6)
  logits = 2 * images[[0, 3, 5, 1, 4]].astype(np.float64)
  true = labels[[0, 3, 5, 1, 4]]
  spread = np.log(np.exp(logits).sum(1)) - logits[range(5), true]
  assert got['loss'] == pytest.approx(spread.mean(), rel=1e-5)
