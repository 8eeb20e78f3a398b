"""Analyses of chains of levels: distances, histograms, thresholds, R_p."""

import numpy as np
import pytest

from jaxsparse.analyses.correlation_indicator import correlation_indicator
from jaxsparse.analyses.levels import levels
from jaxsparse.analyses.pruning_threshold import pruning_threshold
from jaxsparse.analyses.weight_histogram import weight_histogram
from jaxsparse.plotting import figures
from jaxsparse.runs.train import train
from jaxsparse.training.checkpoints import load_params

LAYERS = ('Dense_0', 'Dense_1')


@pytest.fixture(scope='module')
def chain(make_config, tmp_path_factory):
  """Three levels, each of half the weights of the one before, rewound."""
  root = tmp_path_factory.mktemp('chain')
  for level in range(3):
    config = make_config('static', updater__sparsity=0.0)
    if level:
      config.init.masks = str(root / str(level - 1))
      config.init.update(checkpoint=str(root / '0'), checkpoint_step=0)
      config.pruning.update(level=level, rate=0.5)
    train(config, root / str(level), plots=False)
  return [root / str(level) for level in range(3)]


def net(root, step=30):
  """All kernels of a run, and their masks, as one vector each."""
  params, masks = load_params(root / 'checkpoints' / str(step))
  return [
    np.concatenate(
      [np.asarray(tree[name]['kernel']).ravel() for name in LAYERS]
    )
    for tree in (params, masks)
  ]


def compared(one, other):
  """The weights of two nets that are active in both."""
  common = one[1] & other[1]
  return [np.float64(weights)[common] for weights, _ in (one, other)]


MEASURES = {
  'cosine': lambda x, y: x @ y / np.linalg.norm(x) / np.linalg.norm(y),
  'l2': lambda x, y: np.linalg.norm(x - y),
}
MEASURES['angle'] = lambda x, y: (
  2 / np.pi * np.arccos(min(1, MEASURES['cosine'](x, y)))
)


class TestLevels:
  @pytest.mark.parametrize('measure', MEASURES)
  def test_distances_are_on_weights_of_both(self, chain, measure):
    found = levels(chain, measure=measure)
    nets = [*map(net, chain), net(chain[0], 0)]
    square = found.table['value'].reshape(4, 4)
    for i, j in np.ndindex(4, 4):
      expected = MEASURES[measure](*compared(nets[i], nets[j]))
      assert square[i, j] == pytest.approx(expected, rel=1e-6, abs=1e-7)
    names = [f'{measure}_to_start_{i}' for i in range(3)]
    values = dict(zip(names, square[3, :3], strict=True))
    values[f'{measure}_to_previous_1'] = square[0, 1]
    values[f'{measure}_to_previous_2'] = square[1, 2]
    nearest = max if measure == 'cosine' else min
    values[f'{measure}_to_nearest_1'] = square[0, 1]
    values[f'{measure}_to_nearest_2'] = nearest(square[0, 2], square[1, 2])
    assert found.numbers == values
    assert found.table['level'].tolist()[::4] == ['0', '1', '2', 'start']
    assert found.table['other_level'].tolist()[:4] == ['0', '1', '2', 'start']

  def test_its_figure_is_a_square(self, chain, draw):
    found = levels(chain)
    doubled = found.table | {'value': 2 * found.table['value']}
    drawn = draw(levels, (found, 'imp'), (doubled, 'imp'), (found, 'other'))
    imp, other, bar = drawn.figure.axes
    square = found.table['value'].reshape(4, 4)
    np.testing.assert_allclose(imp.images[0].get_array(), 1.5 * square)
    np.testing.assert_allclose(other.images[0].get_array(), square)
    assert imp.images[0].get_clim() == other.images[0].get_clim()
    names = [text.get_text() for text in imp.get_xticklabels()]
    assert names == ['0', '1', '2', 'start']
    assert bar.get_ylabel().startswith('angle')
    figures.encoded(drawn.figure, 'png')

  def test_other_measures_are_refused(self, chain):
    with pytest.raises(ValueError, match="Did you mean 'angle'"):
      levels(chain, measure='angles')
    with pytest.raises(ValueError, match='got no runs'):
      levels([])


class TestCorrelationIndicator:
  def test_by_sorting(self, chain, draw):
    start, found = net(chain[2], 0), correlation_indicator([chain[2]], p=0.2)
    sizes = 64 * 16
    for i, step in enumerate(found.table['step'].tolist()):
      later = net(chain[2], step)
      common = compared_weights = 0
      for layer in (slice(None, sizes), slice(sizes, None)):
        masks = start[1][layer] & later[1][layer]
        one, two = (np.abs(x[0][layer])[masks] for x in (start, later))
        number = int(0.2 * masks.sum() + 0.5)
        tops = [set(np.argsort(-x, kind='stable')[:number]) for x in (one, two)]
        common += len(tops[0] & tops[1])
        compared_weights += number
      assert (
        found.table['correlation_indicator'][i] == common / compared_weights
      )
      assert found.table['active'][i] == (start[1] & later[1]).sum()
    last = found.table['correlation_indicator'][-1]
    assert found.numbers == {'correlation_indicator': last}
    (ax,) = draw(correlation_indicator, (found, 'imp')).figure.axes
    assert ax.lines[0].get_xdata().tolist() == found.table['step'].tolist()

  def test_a_start_is_compared_with_another_end(self, chain):
    own = correlation_indicator([chain[1]]).table
    assert own['correlation_indicator'][0] == 1.0
    found = correlation_indicator([chain[1], chain[0]]).table
    # Level 1 starts where level 0 does.
    assert found['correlation_indicator'][0] == 1.0
    assert set(found['active']) == {net(chain[1])[1].sum()}
    with pytest.raises(ValueError, match='got 3 runs; accepted are 1 or 2'):
      correlation_indicator(chain)


class TestWeightHistogram:
  def test_bins_count_the_active_weights_of_each_level(self, chain, draw):
    found = weight_histogram(chain, bins=8, limit=0.2)
    for level, root in enumerate(chain):
      weights, masks = net(root)
      active = np.abs(weights[masks])
      own = found.table['level'] == level
      counts = found.table['count'][own]
      middles = np.arange(-0.175, 0.2, 0.05)
      np.testing.assert_allclose(found.table['weight'][own], middles)
      for i, middle in enumerate(middles):
        low = -np.inf if i == 0 else middle - 0.025
        high = np.inf if i == 7 else middle + 0.025
        inside = weights[masks][
          (weights[masks] >= low) & (weights[masks] < high)
        ]
        assert counts[i] == len(inside)
      assert found.table['density'][own].sum() * 0.05 == pytest.approx(1)
      assert found.numbers[f'smallest_magnitude_{level}'] == active.min()
      mean = found.numbers[f'mean_magnitude_{level}']
      assert mean == pytest.approx(active.mean(), rel=1e-5)
    (ax,) = draw(weight_histogram, (found, 'imp')).figure.axes
    labels = [line.get_label() for line in ax.lines]
    assert labels == ['level 0', 'level 1', 'level 2']
    assert len({line.get_color() for line in ax.lines}) == 3

  def test_the_axis_holds_nearly_all_weights(self, chain):
    middles = weight_histogram(chain, bins=2).table['weight']
    limit = 2 * middles.max()
    highest = max(
      np.sort(np.abs(weights[masks]))[-1 - masks.sum() // 100]
      for weights, masks in map(net, chain)
    )
    round_numbers = [
      n * 10.0**power for power in range(-4, 3) for n in (1, 2, 5)
    ]
    assert limit == pytest.approx(min(n for n in round_numbers if n >= highest))

  def test_seeds_with_other_bins_have_a_mean(self, chain, draw):
    coarse, fine = (
      weight_histogram(chain[:1], bins=bins, limit=0.2) for bins in (4, 8)
    )
    (ax,) = draw(weight_histogram, (coarse, 'imp'), (fine, 'imp')).figure.axes
    # Between the middles of two bins of the finer one is their mean.
    pairs = fine.table['density'].reshape(4, 2).mean(axis=1)
    expected = (coarse.table['density'] + pairs) / 2
    np.testing.assert_allclose(ax.lines[0].get_ydata(), expected)

  def test_numbers_out_of_range_are_refused(self, chain):
    for options in ({'bins': 0}, {'limit': 0.0}, {'limit': float('nan')}):
      with pytest.raises(ValueError, match='accepted are >= 1 and > 0'):
        weight_histogram(chain, **options)


class TestPruningThreshold:
  def test_both_sides_of_each_cut(self, chain, draw):
    found = pruning_threshold(chain)
    for level in (1, 2):
      (weights, before), (_, after) = net(chain[level - 1]), net(chain[level])
      left = np.abs(weights[after]).min()
      pruned = np.abs(weights[before & ~after]).max()
      assert found.numbers[f'smallest_left_{level}'] == left
      assert found.numbers[f'largest_pruned_{level}'] == pruned
      # All layers are ranked together.
      assert pruned <= left
    left, pruned = draw(pruning_threshold, (found, 'imp')).figure.axes
    for ax, name in ((left, 'smallest_left'), (pruned, 'largest_pruned')):
      assert ax.lines[0].get_ydata().tolist() == found.table[name].tolist()

  def test_other_orders_are_refused(self, chain):
    with pytest.raises(ValueError, match='weights are active that were not'):
      pruning_threshold(chain[::-1])
    with pytest.raises(ValueError, match='got 1 run; accepted are 2 or more'):
      pruning_threshold(chain[:1])
