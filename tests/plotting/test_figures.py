"""Series against numbers worked by hand."""

import math

import numpy as np

from jaxsparse.plotting import figures


def evaluation(step, accuracy):
  return {'step': step, 'eval_accuracy': accuracy}


def training(step, loss):
  return {'step': step, 'loss': loss}


def test_a_series_is_mean_and_sample_deviation_over_runs():
  records = [
    evaluation(0, 0.1),
    evaluation(0, 0.4),
    evaluation(10, 0.7),
    evaluation(10, 0.9),
  ]
  got = figures.series(records, 'eval_accuracy')
  np.testing.assert_array_equal(got.steps, [0, 10])
  np.testing.assert_allclose(got.mean, [0.25, 0.8])
  np.testing.assert_allclose(got.std, [0.3 / math.sqrt(2), 0.2 / math.sqrt(2)])
  np.testing.assert_allclose(got.low, [0.1, 0.7])


def test_a_run_that_failed_counts_up_to_where_it_did():
  records = [
    training(10, 1.0),
    training(10, 3.0),
    training(20, 0.5),
    training(20, math.nan),
    training(30, 0.25),
  ]
  got = figures.series(records, 'loss')
  np.testing.assert_array_equal(got.mean, [2.0, 0.5, 0.25])
  np.testing.assert_array_equal(got.std[1:], [0.0, 0.0])


def test_a_series_by_path_reads_one_leaf():
  records = [
    {'step': 1, 'churn': {'a': 0.25, 'b': 0.5}},
    {'step': 2, 'loss': 1.0},
  ]
  got = figures.series(records, 'churn', 'b')
  np.testing.assert_array_equal(got.steps, [1])
  np.testing.assert_array_equal(got.mean, [0.5])


def test_a_band_on_a_log_axis_ends_at_the_lowest_run():
  records = [training(s, 0.1 + 9.0 * r) for s in (0, 1) for r in (0, 1)]
  values = figures.series(records, 'loss')
  _, (linear, log) = figures.panels(2)
  figures.log_scale(log, [values])
  lowest = []
  for ax in (linear, log):
    figures.line(ax, values)
    (band,) = ax.collections
    lowest.append(band.get_paths()[0].vertices[:, 1].min())
  np.testing.assert_allclose(lowest, [4.6 - 9 / math.sqrt(2), 0.1], rtol=1e-6)


def test_a_band_that_reaches_0_ends_a_decade_below_on_a_log_axis():
  records = [training(s, r * (s + 1.0)) for s in (0, 1) for r in (0, 1)]
  values = figures.series(records, 'loss')
  _, (linear, log) = figures.panels(2)
  figures.log_scale(log, [values])
  deviation = np.array([1, 2]) / math.sqrt(2)
  mean = np.array([0.5, 1.0])
  np.testing.assert_allclose(
    figures.lower_edge(linear, values), mean - deviation
  )
  np.testing.assert_allclose(figures.lower_edge(log, values), mean / 10)


def test_an_axis_with_nothing_above_zero_stays_linear():
  _, (ax,) = figures.panels(1)
  figures.log_scale(ax, [figures.series([training(0, 0.0)], 'loss')])
  assert ax.get_yscale() == 'linear'


def test_the_same_figure_is_the_same_bytes(tmp_path):
  for name in 'ab':
    figure, (ax,) = figures.panels(1)
    ax.plot([1, 2, 3])
    figures.save_all(figure, tmp_path / name / 'plot', 'A line.')
  one, other = (
    {p.name: p.read_bytes() for p in (tmp_path / name).iterdir()}
    for name in 'ab'
  )
  assert set(one) == {'plot.png', 'plot.svg', 'plot.pdf', 'plot.txt'}
  assert one == other
  assert one['plot.txt'] == b'A line.\n'
  assert b'/Subtype /Type3' not in one['plot.pdf']
  assert b'/FontFile2' in one['plot.pdf']  # TrueType, embedded.
