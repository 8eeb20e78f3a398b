"""Where values lie on an axis, and what they are called."""

import numpy as np
import pytest

from jaxsparse.plotting import axes, figures


def drawn(values, **options):
  figure, (ax,) = figures.panels(1)
  places = axes.value_axis(ax, values, **options)
  ax.plot(places, places)
  figure.canvas.draw()
  return ax, places


def at(ax, places):
  """Distances along the axis, from the first to the last as 0 to 1."""
  x = ax.transData.transform([(p, 0) for p in places])[:, 0]
  return (x - x[0]) / (x[-1] - x[0])


def labels(ax):
  return [t.get_text() for t in ax.get_xticklabels()]


def test_nines_of_sparsity_lie_evenly():
  ax, places = drawn([0.0, 0.9, 0.99, 0.999], sparsity=True)
  assert places == [0.0, 0.9, 0.99, 0.999]
  np.testing.assert_allclose(at(ax, places), [0, 1 / 3, 2 / 3, 1])
  assert labels(ax) == ['100', '10', '1', '0.1']


def test_numbers_of_one_size_lie_as_they_are():
  ax, places = drawn([0.1, 0.3, 0.5])
  np.testing.assert_allclose(at(ax, places), [0, 0.5, 1])
  assert labels(ax) == ['0.1', '0.3', '0.5']


def test_numbers_of_many_sizes_lie_by_their_ratio():
  ax, places = drawn([0.001, 0.01, 0.1])
  np.testing.assert_allclose(at(ax, places), [0, 0.5, 1])
  assert labels(ax) == ['0.001', '0.01', '0.1']


@pytest.mark.parametrize(
  'values', [['er', 'erk', 'uniform'], [True, False], [(1, 2), None]]
)
def test_what_is_no_number_stands_side_by_side(values):
  ax, places = drawn(values)
  assert places == list(range(len(values)))
  assert labels(ax) == [str(v) for v in values]


def test_low_sparsities_are_labelled_as_they_are():
  ax, _ = drawn([0.5, 0.8, 0.9], sparsity=True)
  assert labels(ax) == ['50', '80', '90']


def test_labels_do_not_run_into_one_another():
  values = [0.5, 0.501, 0.7, 0.99, 0.9901]
  ax, _ = drawn(values, sparsity=True)
  assert labels(ax) == ['', '49.9', '30', '', '0.99']


def test_one_value_is_labelled():
  ax, _ = drawn([0.9], sparsity=True)
  assert labels(ax) == ['90']
