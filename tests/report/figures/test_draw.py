"""What is in the figures: lines, bands, rings and panels, by their data."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from own_kinds import Best

from jaxsparse.plotting import figures
from jaxsparse.report.figures import draw
from jaxsparse.studies.planning.check import check
from jaxsparse.studies.spec import Against, Curves, Figure, Run, Study

S, D = 'updater.sparsity', 'updater.drop_fraction'


def lines(ax):
  """Label -> (x, y) of the lines that have one."""
  return {
    line.get_label(): line.get_xydata().tolist()
    for line in ax.get_lines()
    if not line.get_label().startswith('_') and len(line.get_xdata())
  }


def rings(ax):
  """The points drawn with hollow markers."""
  return [
    point
    for line in ax.get_lines()
    if line.get_markerfacecolor() == 'none'
    for point in line.get_xydata().tolist()
  ]


def visible(figure):
  return [ax for ax in figure.axes if ax.get_visible()]


def legend(figure):
  return [text.get_text() for text in figure.legends[0].get_texts()]


def the_first(results):
  return draw.all_figures(results)[0]


def test_against_a_field(make_results, static_and_rigl):
  drawn = the_first(make_results(static_and_rigl(figures=(Against(S),))))
  (ax,) = visible(drawn.figure)
  found = lines(ax)
  np.testing.assert_allclose(found['RigL'], [[0.9, 96.5], [0.98, 95.0]])
  np.testing.assert_allclose(found['Static'], [[0.9, 91.0], [0.98, 62.0]])
  assert [y for _, y in found['Dense']] == [98.0, 98.0]
  # Of dense at the right end, in parts of the axis.
  assert sorted(rings(ax)) == [[0.98, 93.0], [1.0, 97.5]]
  assert legend(drawn.figure) == ['Static', 'RigL', 'Dense', 'paper’s number']
  assert drawn.name == '01-test_accuracy-against-sparsity'
  assert ax.get_xlabel() == 'density (%)'
  assert ax.get_ylabel() == 'test accuracy (%)'
  for said in ('RigL: 96.50 at 90 % to 95.00 at 98 %', 'Dense: 98.00'):
    assert said in drawn.alt


def test_a_band_is_one_deviation_to_each_side(make_results, static_and_rigl):
  study = static_and_rigl(figures=(Against(S, runs=('static',)),))
  drawn = the_first(make_results(study))
  (ax,) = visible(drawn.figure)
  (band,) = ax.collections
  (path,) = band.get_paths()
  at_90 = [y for x, y in path.vertices if x == 0.9]
  assert (min(at_90), max(at_90)) == pytest.approx((90.0, 92.0))


@pytest.mark.parametrize(
  ('at', 'last', 'names', 'where'),
  [
    ({}, 'A, drop fraction 0.3', ['A, drop fraction 0.1'], ''),
    ({D: 0.3}, 'A', [], ', drop fraction 0.3'),
  ],
)
def test_other_fields_make_lines_of_their_own_or_are_at_one_place(
  at, last, names, where, make_results
):
  grid = {D: (0.1, 0.3), S: (0.9, 0.8)}
  run = Run('a', 'c', grid=grid, seeds=2, label='A')
  study = Study('t', (run,), figures=(Against(S, at=at),))
  results = make_results(study, lambda row, seed: sum(dict(row.point).values()))
  drawn = the_first(results)
  (ax,) = visible(drawn.figure)
  found = lines(ax)
  assert list(found) == [*names, last]
  np.testing.assert_allclose(found[last], [[0.8, 110.0], [0.9, 120.0]])
  assert drawn.title == f'Test accuracy against sparsity{where}'


def test_on_a_log_axis_a_band_ends_at_the_lowest_seed(make_results):
  """The mean of 1, 46 and 181 less their deviation is below 0."""
  runs = (
    Run('a', 'c', grid={S: (0.9, 0.98)}, seeds=3),
    Run('dense', 'c', seeds=3),
  )
  study = Study('t', runs, figures=(Against(S, log=True),))
  drawn = the_first(make_results(study, lambda _, seed: 0.01 + 0.45 * seed**2))
  (ax,) = visible(drawn.figure)
  assert ax.get_yscale() == 'log'
  mean, std = np.mean([1, 46, 181]), np.std([1, 46, 181], ddof=1)
  assert mean < std
  (band,), (level,) = ax.collections, ax.patches
  y = band.get_paths()[0].vertices[:, 1]
  assert (y.min(), y.max()) == pytest.approx((1.0, mean + std))
  low, high = level.get_y(), level.get_y() + level.get_height()
  assert (low, high) == pytest.approx((1.0, mean + std))


def test_a_point_without_a_number_is_left_out(
  make_results, static_and_rigl, accuracy
):
  study = static_and_rigl(figures=(Against(S),))

  def number(row, seed):
    lost = row.run == 'static' and dict(row.point)[S] == 0.98
    return 'refused' if lost else accuracy(row, seed)

  (ax,) = visible(the_first(make_results(study, number)).figure)
  np.testing.assert_allclose(lines(ax)['Static'], [[0.9, 91.0]])


def test_curves_of_runs_without_grids_share_a_panel(make_results):
  runs = tuple(Run(name, 'c', seeds=2) for name in 'abcdefghi')
  study = Study('t', runs)
  results = make_results(study, lambda row, seed: 0.5 + seed / 10)
  drawn = the_first(results)
  (ax,) = visible(drawn.figure)
  found = lines(ax)
  assert list(found) == list('abcdefghi')
  np.testing.assert_allclose(found['a'], [[0, 0], [50, 27.5], [100, 55]])
  styles = {
    (to_hex(x.get_color()), x.get_linestyle())
    for x in ax.get_lines()
    if not x.get_label().startswith('_')
  }
  assert len(styles) == len(runs)


@pytest.mark.parametrize(
  ('runs', 'titles', 'names'),
  [
    (
      (
        Run('a', 'c', grid={S: (0.5, 0.9, 0.98)}, seeds=1),
        Run('dense', 'c', seeds=1),
      ),
      [''],
      [*(f'a, sparsity {s} %' for s in (50, 90, 98)), 'dense'],
    ),
    (
      (
        Run('a', 'c', grid={S: (0.5, 0.9)}, seeds=1),
        Run('b', 'c', grid={D: (0.1, 0.3)}, seeds=1),
      ),
      ['a', 'b'],
      ['drop fraction 0.1', 'drop fraction 0.3'],
    ),
  ],
)
def test_curves_of_one_grid_share_a_panel_and_of_unlike_ones_do_not(
  runs, titles, names, make_results
):
  drawn = the_first(make_results(Study('t', runs), lambda *_: 0.5))
  panels = visible(drawn.figure)
  assert [ax.get_title(loc='left') for ax in panels] == titles
  assert list(lines(panels[-1])) == names


def test_curves_of_several_grids_have_a_panel_a_point(
  make_results, static_and_rigl
):
  drawn = the_first(make_results(static_and_rigl(figures=(Curves(),))))
  panels = visible(drawn.figure)
  assert [ax.get_title(loc='left') for ax in panels] == [
    'sparsity 90 %',
    'sparsity 98 %',
  ]
  for ax in panels:
    assert list(lines(ax)) == ['Dense', 'Static', 'RigL']
  assert lines(panels[1])['RigL'][-1] == pytest.approx([100, 95.0])
  assert legend(drawn.figure) == ['Dense', 'Static', 'RigL']


def test_every_run_is_shown_and_each_of_its_seeds(
  make_results, static_and_rigl
):
  drawn = draw.all_figures(make_results(static_and_rigl()))[-1]
  panels = visible(drawn.figure)
  assert [ax.get_title(loc='left') for ax in panels] == [
    'Dense',
    'Static, sparsity 90 %',
    'Static, sparsity 98 %',
    'RigL, sparsity 90 %',
    'RigL, sparsity 98 %',
  ]
  ends = [line.get_ydata()[-1] for line in panels[2].get_lines()]
  assert ends == pytest.approx([60.0, 62.0, 64.0, 62.0])


@pytest.mark.parametrize(
  ('figures', 'names'),
  [
    ((), ['01-eval_accuracy-every-run']),
    ((Against(S),), ['01-test_accuracy-against-sparsity']),
  ],
)
def test_where_curves_are_not_asked_for_no_run_has_one(
  make_results, static_and_rigl, figures, names
):
  results = make_results(static_and_rigl(figures=figures))
  assert [drawn.name for drawn in draw.all_figures(results)] == names


def test_a_seed_that_stopped_has_a_cross(make_results):
  study = Study('t', (Run('a', 'c', seeds=2),))
  results = make_results(study, lambda row, seed: 0.5 if seed else 'stopped')
  drawn = draw.all_figures(results)[-1]
  (ax,) = visible(drawn.figure)
  (cross,) = [x for x in ax.get_lines() if x.get_marker() == 'x']
  np.testing.assert_allclose(cross.get_xydata(), [[50, 25.0]])


def test_a_log_axis_where_it_is_asked_for(make_results, static_and_rigl):
  study = static_and_rigl(figures=(Curves('gradient_norm', log=True),))
  for drawn in draw.all_figures(make_results(study)):
    assert {ax.get_yscale() for ax in visible(drawn.figure)} == {'log'}


def test_a_curve_may_be_a_difference_and_end_early(make_results):
  asked = Curves('eval_accuracy-gradient_norm', last_step=50)
  study = Study('t', (Run('a', 'c', seeds=2),), figures=(asked,))
  results = make_results(study, lambda row, seed: 0.5 + seed / 10)
  first, every = draw.all_figures(results)
  (ax,) = visible(first.figure)
  # Accuracies rise to 0.5 and 0.6, norms fall from 1 by half a step.
  np.testing.assert_allclose(lines(ax)['a'], [[0, -100], [50, 27.5]])
  assert ax.get_xlim() == (0, 50)
  assert ax.get_ylabel() == 'evaluation accuracy − gradient norm (points)'
  (ax,) = visible(every.figure)
  assert ax.get_xlim() == (0, 100)


def test_a_curve_that_begins_later_is_left_out(make_results):
  study = Study('t', (Run('a', 'c'),), figures=(Curves('loss', last_step=9),))
  names = [
    d.name for d in draw.all_figures(make_results(study, lambda *_: 0.5))
  ]
  assert names == ['01-loss-every-run']


def test_figures_without_a_value_are_left_out(make_results, static_and_rigl):
  asked = (Curves('churn'), Against(S, metric='overlap'))
  assert draw.all_figures(make_results(static_and_rigl(figures=asked))) == []


def test_the_same_study_gives_the_same_bytes(make_results, static_and_rigl):
  results = make_results(static_and_rigl(figures=(Against(S), Curves())))
  one, other = (
    [figures.encoded(d.figure, 'svg') for d in draw.all_figures(results)]
    for _ in range(2)
  )
  assert one == other
  assert all(b'Created with' not in svg for svg in one)


def test_a_kind_from_outside_is_checked_and_drawn(
  make_results, static_and_rigl, caplog
):
  study = static_and_rigl(figures=(Best('test_accuracy'), Best('a b')))
  with pytest.raises(ValueError, match=r'study.figures\[1\].metric: got'):
    check(study)
  (drawn,) = draw.all_figures(make_results(study))
  assert (drawn.name, drawn.title) == ('01-best', 'Best seeds')
  heights = [bar.get_height() for bar in drawn.figure.axes[0].patches]
  assert heights == pytest.approx([99.0, 92.0, 64.0, 97.0, 96.0])
  assert 'Best.draw drew nothing' in caplog.text


def test_a_kind_that_cannot_be_drawn_is_refused(static_and_rigl):
  study = static_and_rigl(figures=(Figure(),))
  with pytest.raises(ValueError, match='accepted is a figure with a method dr'):
    check(study)
