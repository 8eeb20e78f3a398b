"""Instability, and barriers between levels."""

import jax
import numpy as np
import pytest

from jaxsparse.analyses.instability import instability
from jaxsparse.analyses.level_barriers import level_barriers
from jaxsparse.data import datasets
from jaxsparse.plotting import figures
from jaxsparse.runs.train import train
from jaxsparse.training.checkpoints import load_params

EXAMPLES = 150  # Of batches of 100, one of 100 and one of 50.


def weights(root):
  return jax.tree.map(np.float64, load_params(root / 'checkpoints' / '30')[0])


def error(params, split):
  """The share of wrong predictions of a net on the first examples."""
  images = split.images[:EXAMPLES].reshape(EXAMPLES, -1) / 16
  hidden = images @ params['Dense_0']['kernel'] + params['Dense_0']['bias']
  logits = np.maximum(hidden, 0) @ params['Dense_1']['kernel']
  logits += params['Dense_1']['bias']
  return np.mean(logits.argmax(1) != split.labels[:EXAMPLES])


def on_line(one, other, split, points):
  return [
    error(
      jax.tree.map(lambda x, y, a=a: (1 - a) * x + a * y, one, other), split
    )
    for a in np.linspace(0, 1, points)
  ]


def barrier(errors):
  return max(errors) - (errors[0] + errors[-1]) / 2


@pytest.fixture(scope='module')
def children(runs, make_config, tmp_path_factory):
  """Three runs that go on from one: of two seeds, and in another order."""
  third = tmp_path_factory.mktemp('children') / 'order_1'
  config = make_config('static', streams=('order=1',))
  config.init.checkpoint = str(runs.pruned)
  train(config, third, plots=False)
  return [runs.tuned_0, runs.tuned_1, third]


@pytest.fixture(scope='module')
def found(children):
  return instability(children, points=5, examples=EXAMPLES)


class TestInstability:
  def test_it_is_the_highest_error_over_the_mean_of_the_ends(
    self, children, found
  ):
    nets, data = [weights(run) for run in children], datasets.load('digits')
    for split, examples in (('test', data.test), ('train', data.train)):
      lines = [
        on_line(nets[i], nets[j], examples, 5)
        for i, j in ((0, 1), (0, 2), (1, 2))
      ]
      barriers = [barrier(line) for line in lines]
      number = found.numbers[f'{split}_instability']
      assert number['values'] == pytest.approx(barriers, abs=1e-6)
      assert number['mean'] == pytest.approx(np.mean(barriers), abs=1e-6)
      assert number['std'] == pytest.approx(np.std(barriers, ddof=1), abs=1e-6)
      stable = found.numbers[f'stable_on_{split}']
      assert stable == float(np.mean(barriers) < 0.02)
      own = found.table['split'] == split
      np.testing.assert_allclose(
        found.table['error'][own], np.mean(lines, axis=0), atol=1e-6
      )
      np.testing.assert_allclose(
        found.table['error_1_3'][own], lines[1], atol=1e-6
      )
    assert set(found.table['batch_norm']) == {'interpolated'}
    assert 'statistics of BatchNorm interpolated; children differ' in found.text
    assert found.text.endswith(
      "config.seed: 0 -> 1, config.streams: [] -> ['order=1'],"
      " config.seed: 1 -> 0; config.streams: [] -> ['order=1']"
    )

  def test_its_figure_has_a_panel_a_split(self, found, draw):
    drawn = draw(instability, (found, 'tuned'), (found, 'other'))
    test, train = drawn.figure.axes
    titles = [ax.get_title('left') for ax in (test, train)]
    assert titles == ['test split', 'training split']
    own = found.table['split'] == 'train'
    np.testing.assert_allclose(
      train.lines[0].get_ydata(), found.table['error'][own]
    )

  def test_runs_that_differ_in_more_are_refused(self, runs):
    with pytest.raises(ValueError, match='differ in config.init.checkpoint'):
      instability([runs.tuned_0, runs.pruned])
    with pytest.raises(ValueError, match='differ in nothing'):
      instability([runs.tuned_0, runs.tuned_0])

  def test_runs_from_other_starts_are_refused(self, runs):
    with pytest.raises(
      ValueError, match="other values of 'params/Dense_0/kern"
    ):
      instability([runs.pruned, runs.pruned_1])

  def test_numbers_that_do_not_fit_are_refused(self, children):
    with pytest.raises(ValueError, match='got 1 run; accepted are 2 or more'):
      instability(children[:1])
    with pytest.raises(ValueError, match='points is 1; accepted is >= 2'):
      instability(children, points=1)
    with pytest.raises(ValueError, match="Did you mean 'recomputed'"):
      instability(children, batch_norm='recompute')
    with pytest.raises(ValueError, match='has no BatchNorm'):
      instability(children, examples=50, batch_norm='recomputed')


class TestLevelBarriers:
  def test_they_are_between_each_level_and_the_next(self, runs, draw):
    chain = [runs.rigl, runs.pruned, runs.tuned_0]  # Of other masks.
    found = level_barriers(chain, points=4, examples=EXAMPLES)
    nets, data = [weights(run) for run in chain], datasets.load('digits')
    assert found.table['level'].tolist() == [1, 2]
    for split, examples in (('test', data.test), ('train', data.train)):
      expected = [
        barrier(on_line(nets[i], nets[i + 1], examples, 4)) for i in (0, 1)
      ]
      column = found.table[f'{split}_barrier']
      np.testing.assert_allclose(column, expected, atol=1e-6)
      assert found.numbers[f'{split}_barrier_2'] == column[1]
      assert found.numbers[f'highest_{split}_barrier'] == column.max()
    test, _ = draw(level_barriers, (found, 'imp')).figure.axes
    np.testing.assert_allclose(
      test.lines[0].get_ydata(), found.table['test_barrier']
    )

  def test_a_net_has_none_with_itself(self, runs):
    found = level_barriers([runs.rigl] * 2, points=3, examples=EXAMPLES)
    assert set(found.numbers.values()) == {0.0}
    with pytest.raises(ValueError, match='got 1 run; accepted are 2 or more'):
      level_barriers([runs.rigl])


def test_figures_are_drawn(found, draw):
  figures.encoded(draw(instability, (found, 'tuned')).figure, 'png')
