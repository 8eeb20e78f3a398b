"""Analyses of what nets predict, against plain numpy on their weights."""

import itertools

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from jaxsparse.analyses.disagreement import disagreement
from jaxsparse.analyses.ensemble import ensemble
from jaxsparse.data import datasets
from jaxsparse.training.checkpoints import load_params


@pytest.fixture(scope='module')
def test_split():
  return datasets.load('digits').test


def softmax(root, images, *, step='30'):
  """Predictions of a 64-16-10 net, by hand."""
  params, _ = load_params(root / 'checkpoints' / step)
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
  made = disagreement([runs.rigl, runs.tuned_0], step=step)
  found = made.numbers
  expected = np.mean(first.argmax(1) != second.argmax(1))
  assert found['disagreement'] == pytest.approx(expected)
  jeffreys = np.sum((first - second) * np.log(first / second), 1).mean()
  assert found['symmetric_kl'] == pytest.approx(jeffreys / 2, rel=1e-4)
  forth = np.sum(first * np.log(first / second), 1)
  back = np.sum(second * np.log(second / first), 1)
  assert found['kl_to_other'] == pytest.approx(forth.mean(), rel=1e-4)
  assert found['kl_from_other'] == pytest.approx(back.mean(), rel=1e-4)
  # SciPy's is the root of the divergence.
  middle = jensenshannon(first, second, axis=1) ** 2
  assert found['jensen_shannon'] == pytest.approx(middle.mean(), rel=1e-4)
  table, labels = made.table, test_split.labels
  assert table['class'].tolist() == list(range(10))
  for i in range(10):
    own = labels == i
    right, theirs = (p[own].argmax(1) == i for p in (first, second))
    differ = first[own].argmax(1) != second[own].argmax(1)
    row = [float(column[i]) for column in list(table.values())[1:]]
    assert row[:4] == pytest.approx(
      [own.sum(), right.mean(), theirs.mean(), differ.mean()]
    )
    both = [forth[own].mean(), back[own].mean(), middle[own].mean()]
    assert row[4:] == pytest.approx(both, rel=1e-4)


def test_a_run_agrees_with_itself(runs):
  found = disagreement([runs.rigl, runs.rigl]).numbers
  assert set(found.values()) == {0.0}


def test_disagreement_is_drawn_by_class_as_means_over_seeds(runs, draw):
  table = disagreement([runs.rigl, runs.tuned_0]).table
  more = table | {'disagreement': table['disagreement'] + 0.2}
  labelled = (table, 'RigL'), (more, 'RigL'), (table, 'SET')
  drawn = draw(disagreement, *((*one, 'tuned') for one in labelled))
  differ, forth, back = drawn.figure.axes
  heights = [bar.get_height() for bar in differ.patches]
  assert heights == pytest.approx(
    [*(table['disagreement'] + 0.1), *table['disagreement']]
  )
  for ax, name in ((forth, 'kl_to_other'), (back, 'kl_from_other')):
    shown = [bar.get_height() for bar in ax.patches]
    assert shown == pytest.approx([*table[name]] * 2)
  worst = table['disagreement'].argmax()
  assert f'SET, highest {worst}, ' in drawn.alt


def test_of_many_classes_those_that_differ_most_are_drawn(draw):
  share = np.linspace(0, 1, 30)[np.random.default_rng(0).permutation(30)]
  names = np.array([f'c{i}' for i in range(30)])
  table = {'class': names, 'disagreement': share}
  table |= {'kl_to_other': share, 'kl_from_other': np.full(30, np.inf)}
  drawn = draw(disagreement, (table, 'a', 'b'))
  differ, _, back = drawn.figure.axes
  kept = [t.get_text() for t in differ.get_xticklabels()]
  assert kept == names[share > 9.5 / 29].tolist()
  assert 'the 20 highest of 30 are drawn' in drawn.caption
  assert np.isnan([bar.get_height() for bar in back.patches]).all()


def test_ensemble_of_a_pool(runs, test_split):
  members = [
    softmax(runs.pruned, test_split.images),
    softmax(runs.pruned_1, test_split.images),
    softmax(runs.tuned_1, test_split.images),
  ]
  numbers = ensemble([[runs.pruned, runs.pruned_1, runs.tuned_1]]).numbers
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


def test_its_table_has_members_and_who_disagrees_with_whom(
  runs, test_split, draw
):
  found = ensemble([[runs.pruned, runs.pruned_1, runs.tuned_1]])
  members = [
    softmax(runs.pruned, test_split.images),
    softmax(runs.pruned_1, test_split.images),
    softmax(runs.tuned_1, test_split.images),
  ]
  table = found.table
  assert table['member'].tolist() == ['pruned', 'pruned_1', 'tuned_1']
  each = [(m.argmax(1) == test_split.labels).mean() for m in members]
  assert table['accuracy'] == pytest.approx(each)
  assert set(table['ensemble']) == {found.numbers['ensemble_accuracy']['mean']}
  between = np.stack([table[f'with_{i}'] for i in (1, 2, 3)], 1)
  for i, j in np.ndindex(3, 3):
    differ = members[i].argmax(1) != members[j].argmax(1)
    assert between[i, j] == pytest.approx(differ.mean())
  first, second, *_ = draw(ensemble, (table, 'a')).figure.axes
  assert first.lines[0].get_ydata() == pytest.approx(100 * table['accuracy'])
  (image,) = second.images
  np.testing.assert_array_equal(image.get_array(), between)


def test_of_several_ensembles_there_are_columns_of_pairs(runs, draw):
  tables = [
    ensemble([pool]).table
    for pool in ([runs.pruned, runs.pruned_1, runs.tuned_1], [runs.rigl])
  ]
  parts = list(zip(tables, 'ab', strict=True))
  first, second = draw(ensemble, *parts).figure.axes
  assert len(first.collections) == 2
  own = tables[0]
  pairs = [own['with_2'][0], own['with_3'][0], own['with_3'][1]]
  shown = [line.get_ydata().tolist() for line in second.lines]
  assert shown == [pytest.approx(pairs), []]
  # One net has nobody to disagree with.
  (alone,) = draw(ensemble, parts[1]).figure.axes
  assert alone.lines[0].get_ydata().tolist() == [100 * tables[1]['accuracy'][0]]


def test_what_a_member_gives_to_an_ensemble_is_what_is_lost_without(
  runs, test_split
):
  members = [
    softmax(runs.pruned, test_split.images),
    softmax(runs.pruned_1, test_split.images),
    softmax(runs.tuned_1, test_split.images),
  ]
  numbers = ensemble([[runs.pruned, runs.pruned_1, runs.tuned_1]]).numbers
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
