"""Analyses of what nets predict, against plain numpy on their weights."""

import itertools

import numpy as np
import pytest

from jaxsparse.data import datasets
from jaxsparse.experiments.analyses.disagreement import disagreement
from jaxsparse.experiments.analyses.ensemble import ensemble
from jaxsparse.training.checkpoints import load_params


@pytest.fixture(scope='module')
def test_split():
  return datasets.load('digits').test


def softmax(root, images, *, step='30', member=0):
  """Predictions of a 64-16-10 net, by hand."""
  params, _ = load_params(root / 'checkpoints' / step, member=member)
  layers = [params['Dense_0'], params['Dense_1']]
  (k0, b0), (k1, b1) = (
    (np.float64(d['kernel']), np.float64(d['bias'])) for d in layers
  )
  logits = np.maximum(images.reshape(-1, 64) / 16 @ k0 + b0, 0) @ k1 + b1
  return np.exp(logits) / np.exp(logits).sum(1, keepdims=True)


@pytest.mark.parametrize('step', [None, 0])
def test_disagreement(runs, test_split, step):
  first = softmax(
    runs.rigl, test_split.images, step='30' if step is None else '0'
  )
  second = softmax(runs.tuned_0, test_split.images)
  found = disagreement([runs.rigl, runs.tuned_0], step=step)
  expected = np.mean(first.argmax(1) != second.argmax(1))
  assert found['disagreement'] == pytest.approx(expected)
  jeffreys = np.sum((first - second) * np.log(first / second), 1).mean()
  assert found['symmetric_kl'] == pytest.approx(jeffreys / 2, rel=1e-4)


def test_a_run_agrees_with_itself(runs):
  found = disagreement([runs.rigl, runs.rigl])
  assert found == {'disagreement': 0.0, 'symmetric_kl': 0.0}


def test_ensemble_of_a_pool_with_all_replicates(runs, test_split):
  members = [
    softmax(runs.pruned, test_split.images),
    softmax(runs.pruned, test_split.images, member=1),
    softmax(runs.tuned_1, test_split.images),
  ]
  numbers = ensemble([[runs.pruned, runs.tuned_1]]).numbers
  right = np.mean(members, 0).argmax(1) == test_split.labels
  each = [(m.argmax(1) == test_split.labels).mean() for m in members]
  found = {name: number['mean'] for name, number in numbers.items()}
  assert found['ensemble_accuracy'] == pytest.approx(right.mean())
  gain = right.mean() - np.mean(each)
  assert found['ensemble_gain'] == pytest.approx(gain)
  between = [
    np.mean(a.argmax(1) != b.argmax(1))
    for a, b in itertools.combinations(members, 2)
  ]
  spread = numbers['pairwise_disagreement']
  assert sorted(spread['values']) == pytest.approx(sorted(between))
  assert spread['mean'] == pytest.approx(np.mean(between))
  assert spread['std'] == pytest.approx(np.std(between, ddof=1))


def test_what_a_member_gives_to_an_ensemble_is_what_is_lost_without(
  runs, test_split
):
  members = [
    softmax(runs.pruned, test_split.images),
    softmax(runs.pruned, test_split.images, member=1),
    softmax(runs.tuned_1, test_split.images),
  ]
  numbers = ensemble([[runs.pruned, runs.tuned_1]]).numbers
  without = np.array(
    [
      np.mean(np.mean(pair, 0).argmax(1) == test_split.labels)
      for pair in itertools.combinations(members, 2)
    ]
  )[::-1]  # The last pair is the one without the first.
  found = numbers['ensemble_accuracy']
  assert np.mean(found['jackknife']) == pytest.approx(found['mean'])
  assert np.diff(found['jackknife']) == pytest.approx(-2 * np.diff(without))
  between = numbers['pairwise_disagreement']
  first, second, third = between['values']
  # Pairs are (0, 1), (0, 2), (1, 2).
  assert np.diff(between['jackknife']) == pytest.approx(
    -2 * np.diff([third, second, first])
  )


def test_an_ensemble_of_one_gains_nothing(runs):
  numbers = ensemble([[runs.rigl]]).numbers
  assert numbers['ensemble_gain'] == {'mean': 0, 'std': None}
  assert 'pairwise_disagreement' not in numbers


def test_an_ensemble_is_of_one_pool(runs):
  with pytest.raises(ValueError, match='got 2 pools of runs; accepted is 1'):
    ensemble([[runs.rigl], [runs.pruned]])
