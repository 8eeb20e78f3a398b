"""Members by two of their numbers."""

import numpy as np

from jaxsparse.report.figures import draw
from jaxsparse.studies.spec import Run, Scatter, Study

PAPER = {'test_accuracy': 90.0, 'steps_per_second': 1500.0}
RUNS = (
  Run('near', 'c', seeds=3, label='Near', paper=PAPER),
  Run('far', 'c', seeds=3, label='Far', paper={'test_accuracy': 1.0}),
)
ASKED = Scatter('steps_per_second')


def number(row, seed):
  """Of the row 'far', seed 1 failed."""
  if row.run == 'far':
    return 'no loss' if seed == 1 else 0.5
  return 0.9 + 0.01 * seed


def drawn(make_results, asked, number=number):
  return draw.all_figures(
    make_results(Study('t', RUNS, figures=(asked,)), number)
  )


def test_a_marker_is_a_member_that_has_both_numbers(make_results):
  (found,) = drawn(make_results, ASKED)
  (ax,) = found.figure.axes
  near, ring, far = ax.get_lines()
  seeds = [[1000, 90], [1001, 91], [1002, 92]]
  np.testing.assert_allclose(near.get_xydata(), seeds)
  np.testing.assert_allclose(far.get_xydata(), [[1000, 50], [1002, 50]])
  assert near.get_color() != far.get_color()
  # The paper printed both numbers of one row alone.
  np.testing.assert_allclose(ring.get_xydata(), [[1500, 90]])
  assert ring.get_markerfacecolor() == 'none'
  (legend,) = found.figure.legends
  assert [text.get_text() for text in legend.get_texts()] == ['Near', 'Far']
  assert found.name == '01-test_accuracy-against-steps_per_second'
  assert 'Near, 91.00 at 1,001' in found.alt
  assert found.caption.count('paper') == 1


def test_only_the_runs_that_are_asked_for_are_shown(make_results):
  (found,) = drawn(make_results, Scatter('steps_per_second', runs=('far',)))
  (ax,) = found.figure.axes
  assert len(ax.get_lines()) == 1
  assert 'paper' not in found.caption


def test_without_a_member_that_has_both_numbers_there_is_none(make_results):
  assert drawn(make_results, Scatter('never_measured')) == []
