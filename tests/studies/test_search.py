"""The search with members that are made up: accuracy is a known function."""

import csv
import io
import pathlib
import statistics
import sys

import pytest

from jaxsparse.config.defaults import default_config
from jaxsparse.results.rows import MemberResult, Row
from jaxsparse.runs.share import TrainingFailed
from jaxsparse.studies import search, search_report
from jaxsparse.studies.search_space import Dimension

SPACE = {
  'optimizer.learning_rate': Dimension('float', 0.01, 1.0, log=True),
  'updater.update_interval': Dimension('int', 25, 200, step=25),
  'updater.drop_schedule': Dimension('choice', choices=('cosine', 'constant')),
}


def member(seed, validation, test=0.5, error=''):
  root = pathlib.Path(f'member{seed}')
  if error:
    return MemberResult(Row('sweep'), seed, root, None, error, kind='failed')
  spreads = {'test_accuracy': test, 'validation_accuracy': validation}
  summary = {k: {'mean': v} for k, v in spreads.items() if v is not None}
  return MemberResult(Row('sweep'), seed, root, summary)


def quality(point):
  return 0.9 - abs(point['optimizer.learning_rate'] - 0.1)


class Runs:
  """Gives two members of a known accuracy; notes what it was asked for."""

  def __init__(self, lost=(), refused=()):
    self.points = []
    self._lost, self._refused = lost, refused

  def __call__(self, number, point):
    assert number == len(self.points)
    self.points.append(point)
    if number in self._refused:
      raise ValueError('config.updater: cannot be')
    error = 'the loss is not finite' if number in self._lost else ''
    value = quality(point)
    return [member(0, value + 0.01), member(1, value - 0.01, error=error)]


def searched(runs, trials=12, seed=0):
  return search.search(SPACE, runs, trials=trials, seed=seed)


def test_a_trial_is_judged_by_the_mean_over_seeds_on_validation():
  made = searched(Runs())
  assert [t.number for t in made] == list(range(12))
  for trial in made:
    assert trial.value == pytest.approx(100 * quality(trial.point))
    assert trial.point['updater.update_interval'] in range(25, 201, 25)
    assert 0.01 <= trial.point['optimizer.learning_rate'] <= 1
  assert search.best(made).value == max(t.value for t in made)


def test_the_same_search_asks_the_same_again_and_a_longer_one_goes_on():
  first, again, longer, other = Runs(), Runs(), Runs(), Runs()
  searched(first)
  searched(again)
  searched(longer, trials=15)
  searched(other, seed=1)
  assert again.points == first.points
  assert longer.points[:12] == first.points
  assert other.points != first.points


def test_what_it_is_told_moves_the_search():
  """After its random beginnings it draws nearer to the best."""
  runs = Runs()
  searched(runs, trials=60, seed=1)
  far = [0.9 - quality(point) for point in runs.points]
  assert statistics.median(far[30:]) < statistics.median(far[:10])


def test_a_failed_or_refused_trial_has_no_value_and_the_search_goes_on():
  made = searched(Runs(lost={1}, refused={3}), trials=5)
  assert [bool(t.error) for t in made] == [False, True, False, True, False]
  assert made[1].error == 'the loss is not finite'
  assert made[3].error == 'config.updater: cannot be'
  assert [t.value is None for t in made] == [bool(t.error) for t in made]
  assert search.best(made).number in (0, 2, 4)


def test_a_search_of_which_nothing_is_left_says_so():
  with pytest.raises(TrainingFailed, match='the first: the loss is not finite'):
    searched(Runs(lost=range(3)), trials=3)
  with pytest.raises(ValueError, match='the first: config.updater: cannot be'):
    searched(Runs(refused=range(3)), trials=3)


def test_a_member_without_a_validation_accuracy_is_named():
  def run(number, point):
    del number, point
    return [member(0, 0.5), member(1, None)]

  with pytest.raises(TrainingFailed, match='member1 has no validation_acc'):
    searched(run, trials=1)


def test_the_best_is_told_with_its_test_accuracy_once():
  trials = [
    search.Trial(0, {'seed': 1}, (member(0, 0.7, 0.9), member(1, 0.7, 0.8))),
    search.Trial(1, {'seed': 2}, (member(0, 0.8, 0.6), member(1, 0.9, 0.7))),
    search.Trial(2, {'seed': 3}, (), 'refused'),
  ]
  assert search.verdict(trials).splitlines() == [
    'best of 3 trials (1 failed): trial 2',
    '  seed = 2',
    '  validation accuracy 85.00 ± 7.07 % (2 seeds), chosen by',
    '  test accuracy 65.00 ± 7.07 %',
    '  --config.seed=2',
  ]


def in_bits(number, *values):
  members = tuple(
    MemberResult(
      Row('sweep'),
      seed,
      pathlib.Path('member'),
      {'validation_bits': {'mean': value}, 'test_bits': {'mean': value + 0.5}},
    )
    for seed, value in enumerate(values)
  )
  return search.Trial(number, {'seed': number}, members, metric=search.BITS)


def test_of_text_the_fewest_bits_are_the_best():
  trials = [in_bits(0, 2.5, 2.7), in_bits(1, 2.0, 2.2), in_bits(2, 2.9)]
  assert search.verdict(trials).splitlines() == [
    'best of 3 trials: trial 2',
    '  seed = 1',
    '  validation bits a character 2.100 ± 0.141 bits (2 seeds), chosen by',
    '  test bits a character 2.600 ± 0.141 bits',
    '  --config.seed=1',
  ]
  text = search_report.csv(trials, ['seed'])
  rows = list(csv.DictReader(io.StringIO(text)))
  assert [row['best'] for row in rows] == ['0', '1', '0']
  assert float(rows[1]['validation_bits_mean']) == pytest.approx(2.1)
  history = search_report.draw(trials, {}).axes[0]
  assert list(history.lines[0].get_ydata()) == [2.6, 2.1, 2.1, 2.1]
  assert history.get_ylabel() == 'validation bits a character (bits)'


def test_a_search_over_text_draws_nearer_to_the_fewest_bits():
  def run(number, point):
    return in_bits(number, 3 - quality(point)).members

  made = search.search(SPACE, run, trials=60, seed=1, metric=search.BITS)
  far = [0.9 - quality(trial.point) for trial in made]
  assert statistics.median(far[30:]) < statistics.median(far[:10])


def test_of_equals_the_first_is_the_best():
  trials = [search.Trial(i, {}, (member(0, 0.5),)) for i in range(3)]
  assert search.best(trials) is trials[0]


def test_the_csv_has_every_trial_and_no_test_accuracy():
  made = searched(Runs(lost={1}), trials=4)
  text = search_report.csv(made, list(SPACE))
  rows = list(csv.DictReader(io.StringIO(text)))
  assert 'test' not in text
  assert [row['trial'] for row in rows] == ['1', '2', '3', '4']
  assert sum(int(row['best']) for row in rows) == 1
  assert rows[1]['error'] == 'the loss is not finite'
  assert rows[1]['validation_accuracy_mean'] == ''
  for row, trial in zip(rows, made, strict=True):
    rate = float(row['optimizer.learning_rate'])
    assert rate == trial.point['optimizer.learning_rate']
    if not trial.error:
      assert float(row['validation_accuracy_mean']) == trial.value


def test_the_plot_has_a_panel_for_the_history_and_each_field(tmp_path):
  made = searched(Runs(lost={1}), trials=6)
  figure = search_report.draw(made, SPACE)
  shown = [ax for ax in figure.axes if ax.get_visible()]
  assert [ax.get_xlabel() for ax in shown] == [
    'trial',
    'learning rate',
    'update interval',
    'drop schedule',
  ]
  steps, points, lost = shown[0].lines
  good = [t.value for t in made if t.value is not None]
  assert list(points.get_ydata()) == good
  so_far = [max(good[: i + 1]) for i in range(5)]
  assert list(steps.get_ydata()) == [*so_far, so_far[-1]]
  assert list(lost.get_xdata()) == [2]
  assert shown[1].get_xscale() == 'log'
  assert len(shown[1].collections[0].get_offsets()) == 5
  ticks = [text.get_text() for text in shown[3].get_xticklabels()]
  assert ticks == ['cosine', 'constant']
  paths = search_report.write(made, SPACE, tmp_path / 'report')
  assert [path.name for path in paths] == [
    'trials.csv',
    'search.png',
    'search.svg',
  ]
  assert all(path.stat().st_size for path in paths)


def test_without_optuna_the_extra_is_named(monkeypatch):
  monkeypatch.setitem(sys.modules, 'optuna', None)
  with pytest.raises(ValueError, match=r'jaxsparse\[tune\]'):
    searched(Runs())


def test_a_budget_is_at_least_one():
  with pytest.raises(ValueError, match='--trials: got 0'):
    searched(Runs(), trials=0)


def test_a_search_needs_a_validation_split_and_sweeps_seeds_alone():
  config = default_config()
  with pytest.raises(ValueError, match=r'data.validation: got 0.0; .* never'):
    search.judge(config, ['seed'])
  config.data.validation = 0.2
  assert search.judge(config, ['seed']) == 'validation_accuracy'
  with pytest.raises(ValueError, match='accepted is config.seed alone'):
    search.judge(config, ['seed', 'updater.sparsity'])


def test_a_text_is_judged_on_the_validation_split_that_it_has(tmp_path):
  config = default_config(model='gru_lm')
  for name, splits in (('both', ('validation', 'test')), ('one', ('test',))):
    (tmp_path / name).mkdir()
    for split in ('train', *splits):
      (tmp_path / name / f'{split}.txt').write_bytes(bytes(range(50)))
  config.data.update(name='both', dir=str(tmp_path), sequence_length=8)
  assert search.judge(config, ['seed']) == 'validation_bits'
  config.data.name = 'one'
  with pytest.raises(ValueError, match="got 'one', which has one split beside"):
    search.judge(config, ['seed'])
  config.data.update(name='both', validation=0.2)
  with pytest.raises(ValueError, match=r'config\.data: validation is 0.2'):
    search.judge(config, ['seed'])
