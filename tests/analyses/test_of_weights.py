"""Analyses of where nets lie in weight space."""

import jax
import numpy as np
import pytest

from jaxsparse.analyses.distance_map import distance_map
from jaxsparse.analyses.distances import distances
from jaxsparse.analyses.interpolation import interpolation
from jaxsparse.data import datasets
from jaxsparse.plotting import figures
from jaxsparse.training.checkpoints import load_params


def weights(root, step):
  return load_params(root / 'checkpoints' / str(step))[0]


def vector(root, step):
  leaves = jax.tree.leaves(weights(root, step))
  return np.concatenate([np.float64(leaf).ravel() for leaf in leaves])


def test_distances_between_each_two_of_three_nets(runs, draw):
  found = distances([runs.rigl, runs.pruned])
  start, end = (vector(runs.rigl, step) for step in (0, 30))
  other = vector(runs.pruned, 30)
  apart, angles = [], []
  for one, two in ((start, other), (end, other), (start, end)):
    apart.append(np.linalg.norm(one - two))
    cosine = one @ two / np.linalg.norm(one) / np.linalg.norm(two)
    angles.append(2 / np.pi * np.arccos(cosine))
  assert found.numbers == {
    'distance_at_start': pytest.approx(apart[0], rel=1e-6),
    'distance_at_end': pytest.approx(apart[1], rel=1e-6),
    'angle_at_start': pytest.approx(angles[0], rel=1e-6),
    'angle_at_end': pytest.approx(angles[1], rel=1e-6),
  }
  pairs = ['start to other end', 'end to other end', 'start to end']
  assert found.table['pair'].tolist() == pairs
  np.testing.assert_allclose(found.table['l2'], apart, rtol=1e-6)
  np.testing.assert_allclose(found.table['angle'], angles, rtol=1e-6)
  far, wide = draw(distances, (found, 'a', 'b')).figure.axes
  assert [bar.get_height() for bar in far.patches] == found.table['l2'].tolist()
  shown = [bar.get_height() for bar in wide.patches]
  assert shown == found.table['angle'].tolist()


def test_a_run_that_goes_on_from_another_starts_at_its_end(runs):
  found = distances([runs.tuned_0, runs.pruned]).numbers
  assert found['distance_at_start'] == 0
  assert found['distance_at_end'] > 0


@pytest.fixture(scope='module')
def mapped(runs):
  return distance_map(
    [[runs.tuned_0, runs.tuned_1], [runs.pruned, runs.pruned_1]]
  )


class TestMap:
  def test_points_are_about_as_far_from_one_another_as_nets(self, runs, mapped):
    table = mapped.table
    np.testing.assert_array_equal(table['pool'], [0, 0, 0, 0, 1, 1, 1, 1])
    np.testing.assert_array_equal(table['step'], [0, 30] * 4)
    points = np.stack([table['x'], table['y']], 1)
    nets = [
      vector(run, step)
      for run in (runs.tuned_0, runs.tuned_1, runs.pruned)
      for step in (0, 30)
    ]
    errors = squares = 0
    for i, j in np.ndindex(6, 6):
      shown = np.linalg.norm(points[i] - points[j])
      errors += (shown - np.linalg.norm(nets[i] - nets[j])) ** 2
      squares += shown**2
    assert np.sqrt(errors / squares) < 0.2
    assert 0 <= mapped.numbers['map_stress'] < 0.2
    # Where both go on from is where the pruned run ended.
    np.testing.assert_allclose(points[[0, 2]], points[[5, 5]], atol=1e-2)

  def test_its_figure_has_a_line_a_run(self, mapped, draw):
    drawn = draw(distance_map, (mapped, 'tuned', 'pruned, seed 0'))
    (ax,) = (a for a in drawn.figure.axes if a.get_visible())
    labels = [line.get_label() for line in ax.lines]
    assert [n for n in labels if n[0] != '_'] == ['tuned', 'pruned, seed 0']
    ends = next(line for line in ax.lines if line.get_label() == 'tuned')
    np.testing.assert_array_equal(ends.get_xdata(), mapped.table['x'][[1, 3]])
    assert ax.get_aspect() == 1
    assert 'tuned (2); pruned, seed 0 (2)' in drawn.alt
    maps = draw(distance_map, *[(mapped, 'tuned', 'pruned')] * 2).figure
    figures.encoded(maps, 'png')
    assert len(maps.axes) == 2


@pytest.fixture(scope='module')
def lines(runs):
  return interpolation([runs.tuned_0, runs.pruned], points=15, examples=200)


class TestInterpolation:
  def loss(self, params, split):
    images, labels = (
      split.images[:200].reshape(200, -1) / 16,
      split.labels[:200],
    )
    hidden = images @ params['Dense_0']['kernel'] + params['Dense_0']['bias']
    logits = np.maximum(hidden, 0) @ params['Dense_1']['kernel']
    p = np.exp(logits + params['Dense_1']['bias'])
    return -np.log(p[np.arange(200), labels] / p.sum(1)).mean()

  def test_losses_are_those_of_mixed_weights(self, runs, lines):
    train = datasets.load('digits').train
    end = weights(runs.pruned, 30)
    table = lines.table
    assert len(table['alpha']) == 30
    for i in (0, 7, 12, 15, 22, 29):
      step = {'start': 0, 'end': 30}[table['line_from'][i]]
      a = table['alpha'][i]
      mixed = jax.tree.map(
        lambda x, y, a=a: (1 - a) * np.float64(x) + a * np.float64(y),
        weights(runs.tuned_0, step),
        end,
      )
      expected = self.loss(mixed, train)
      assert table['loss'][i] == pytest.approx(expected, rel=1e-4)

  def test_numbers_are_those_of_the_table(self, lines):
    own = lines.table['line_from'] == 'end'
    alpha, loss = lines.table['alpha'][own], lines.table['loss'][own]
    at = dict(zip(alpha.tolist(), loss.tolist(), strict=True))
    inside = [(a, v) for a, v in at.items() if 0 <= a <= 1]
    above = max(v - (1 - a) * at[0.0] - a * at[1.0] for a, v in inside)
    climb = max(v for _, v in inside) - max(at[0.0], at[1.0])
    assert lines.numbers['barrier_from_end'] == pytest.approx(above)
    rise = max(v for a, v in inside if 0 < a < 1) - max(at[0.0], at[1.0])
    assert lines.numbers['climb_from_end'] == pytest.approx(climb)
    assert lines.numbers['rise_from_end'] == pytest.approx(rise)
    assert rise < 0 == climb
    assert lines.numbers['middle_loss_from_end'] == at[0.5]

  def test_nets_of_other_masks_are_refused_or_admitted(self, runs):
    both = [runs.rigl, runs.pruned]
    with pytest.raises(ValueError, match='masks differ at .Dense_0/kernel.'):
      interpolation(both, points=15, examples=100)
    found = interpolation(both, points=15, examples=100, same_masks=False)
    assert np.isfinite(list(found.numbers.values())).all()

  @pytest.mark.parametrize('points', [1, 14, 16, 28])
  def test_points_that_would_miss_an_end_are_refused(self, runs, points):
    with pytest.raises(ValueError, match='accepted are 15, 29, 43'):
      interpolation([runs.tuned_0, runs.pruned], points=points)

  def test_its_figure_shows_means_over_seeds(self, lines, draw):
    higher = lines.table | {'loss': lines.table['loss'] + 2}
    labelled = (lines, 'tuned'), (higher, 'tuned'), (higher, 'other')
    drawn = draw(interpolation, *((*one, 'pruned, seed 0') for one in labelled))
    starts, ends = drawn.figure.axes
    assert [a.get_title('left')[-4:] for a in (starts, ends)] == [
      'tart',
      ' end',
    ]
    tuned, other = ends.lines
    assert (tuned.get_label(), other.get_label()) == ('tuned', 'other')
    own = lines.table['line_from'] == 'end'
    np.testing.assert_allclose(
      tuned.get_ydata(), lines.table['loss'][own] + 1, rtol=1e-12
    )
    assert 'at 1 the end of pruned, seed 0' in drawn.caption
