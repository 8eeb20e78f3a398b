"""Which of the two plots is drawn, and that its lines are the numbers'."""

import pytest

from jaxsparse.plotting import figures
from jaxsparse.report.compare import plot, runs, tables


@pytest.fixture
def drawn(monkeypatch, tmp_path):
  """Draws, and gives the axes with what was said to be saved."""

  def draw(made, metric='test_accuracy', curve='eval_accuracy'):
    kept = []
    save = figures.save_all

    def keep(figure, stem, caption):
      kept.append(figure)
      return save(figure, stem, caption)

    monkeypatch.setattr(figures, 'save_all', keep)
    paths = plot.draw(made, metric, curve, tmp_path)
    *images, caption = paths
    assert [path.suffix for path in images] == ['.png', '.svg', '.pdf']
    assert all(path.stat().st_size > 1000 for path in images)
    assert 'means over seeds' in caption.read_text().lower()
    return kept[0].axes[0]

  return draw


def grouped(made, *by):
  found = runs.find([str(root) for root in made])
  return tables.grouped(tables.frame(found), by)


def lines(ax):
  return {
    line.get_label(): (
      [pytest.approx(x) for x in line.get_xdata()],
      [pytest.approx(y) for y in line.get_ydata()],
    )
    for line in ax.lines
  }


def test_one_number_goes_on_the_axis(make_run, drawn):
  made = [
    make_run('a', 0.5, updater__sparsity=0.9),
    make_run('aa', 0.6, seed=1, updater__sparsity=0.9),
    make_run('b', 0.3, updater__sparsity=0.98),
    make_run('c', 0.4, 'set', updater__sparsity=0.9),
    make_run('d', 0.2, 'set', updater__sparsity=0.98),
  ]
  ax = drawn(grouped(made, 'updater.name', 'updater.sparsity'))
  assert lines(ax) == {
    'rigl': ([0.9, 0.98], [55, 30]),
    'set': ([0.9, 0.98], [40, 20]),
  }
  assert ax.get_xlabel() == 'density (%)'
  assert ax.get_ylabel() == 'test accuracy (%)'


def test_what_has_no_zeros_is_a_level_line_and_a_point_stays_one(
  make_run, drawn
):
  made = [
    make_run('a', 0.5, updater__sparsity=0.9),
    make_run('b', 0.3, updater__sparsity=0.98),
    make_run('c', 0.8, 'dense', updater__sparsity=0.0),
    make_run('cc', 0.9, 'dense', seed=1, updater__sparsity=0.0),
    make_run('d', 0.4, 'set', updater__sparsity=0.98),
  ]
  ax = drawn(grouped(made, 'updater.name', 'updater.sparsity'))
  assert lines(ax) == {
    'dense': ([0, 1], [85, 85]),
    'rigl': ([0.9, 0.98], [50, 30]),
    'set': ([0.98], [40]),
  }
  assert ax.get_xlim()[0] > 0.8
  (band,) = ax.patches
  # The deviation of 80 and 90 is 50 ** 0.5.
  ends = band.get_y(), band.get_y() + band.get_height()
  assert ends == pytest.approx((85 - 50**0.5, 85 + 50**0.5))


def test_one_sparsity_and_none_at_all_are_no_axis(make_run, drawn):
  made = [
    make_run('a', 0.5, updater__sparsity=0.9),
    make_run('b', 0.8, 'dense', updater__sparsity=0.0),
  ]
  ax = drawn(grouped(made, 'updater.name', 'updater.sparsity'))
  assert ax.get_xlabel() == 'step'


def test_what_lacks_the_field_is_a_level_line(make_run, drawn):
  made = [
    make_run('a', 0.5, updater__drop_fraction=0.1),
    make_run('b', 0.3, updater__drop_fraction=0.2),
    make_run('c', 0.8, 'static'),
  ]
  ax = drawn(grouped(made, 'updater.name', 'updater.drop_fraction'))
  assert lines(ax) == {
    'rigl': ([0.1, 0.2], [50, 30]),
    'static': ([0, 1], [80, 80]),
  }


def test_else_curves_are_drawn_against_the_step(make_run, drawn):
  made = [
    make_run('a', 0.5),
    make_run('aa', 0.6, seed=1),
    make_run('b', 0.7, seed=4),
    make_run('c', 0.3, 'set'),
    make_run('d', None, 'set', seed=1),
  ]
  ax = drawn(grouped(made, 'updater.name'))
  assert lines(ax) == {'rigl': ([0, 30], [6, 60]), 'set': ([0, 30], [3, 30])}
  assert ax.get_xlabel() == 'step'


def test_a_curve_that_nobody_recorded_is_refused(make_run, drawn):
  with pytest.raises(ValueError, match="--curve: .* 'los'"):
    drawn(grouped([make_run('a', 0.5)], 'updater.name'), curve='los')


def test_a_run_without_its_metrics_is_named(make_run, drawn):
  root = make_run('a', 0.5)
  (root / 'metrics.jsonl').unlink()
  with pytest.raises(ValueError, match=f'{root}/metrics.jsonl cannot be read'):
    drawn(grouped([root], 'updater.name'))


def test_the_svg_is_the_same_each_time(make_run, drawn, tmp_path):
  made = grouped(
    [make_run('a', 0.5), make_run('b', 0.6, seed=1)], 'updater.name'
  )
  texts = []
  for _ in range(2):
    drawn(made)
    texts.append((tmp_path / 'plot.svg').read_bytes())
  assert texts[0] == texts[1]
