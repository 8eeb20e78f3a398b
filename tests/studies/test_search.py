"""The search with members that are made up: accuracy is a known function."""

import csv
import io
import pathlib
import statistics
import sys

import pytest

from jaxsparse.config.defaults import default_config
from jaxsparse.errors import TrainingFailed, WorkdirBusy
from jaxsparse.locks import lock
from jaxsparse.report import search as search_report
from jaxsparse.results.rows import MemberResult, Row
from jaxsparse.studies import search, search_space
from jaxsparse.studies.planning.plan import NothingToRun

FLAGS = (
  'optimizer.learning_rate=log:0.01:1',
  'updater.update_interval=int:25:200:25',
  'updater.drop_schedule=cosine,constant',
)


def config(seed=0, **fields):
  made = default_config(updater='rigl')
  made.update(num_steps=10, seed=seed, **fields)
  return made


def member(seed, validation, test=0.5, error='', unit='accuracy'):
  root = pathlib.Path(f'member{seed}')
  if error:
    return MemberResult(Row('sweep'), seed, root, None, error, kind='failed')
  numbers = {f'test_{unit}': test, f'validation_{unit}': validation}
  summary = {k: {'mean': v} for k, v in numbers.items() if v is not None}
  return MemberResult(Row('sweep'), seed, root, summary)


def quality(point):
  return 0.9 - abs(point['optimizer.learning_rate'] - 0.1)


class Runs:
  """Gives two members of a known accuracy; records the points."""

  def __init__(self, failed=(), refused=(), stopped_at=None):
    self.points = {}
    self._failed, self._refused = failed, refused
    self._stopped_at = stopped_at

  def __call__(self, number, point):
    assert number not in self.points
    self.points[number] = point
    if number == self._stopped_at:
      raise KeyboardInterrupt
    if number in self._refused:
      raise NothingToRun('config.updater: cannot be')
    error = 'the loss is not finite' if number in self._failed else ''
    value = quality(point)
    return [member(0, value + 0.01), member(1, value - 0.01, error=error)]


@pytest.fixture
def searched(tmp_path):
  """Searches in a workdir by its name."""

  def run(train, trials=12, seed=0, *, at='search', flags=FLAGS, **kwargs):
    base = config(seed)
    space = search_space.space(base, flags)
    return search.search(
      space,
      train,
      tmp_path / at,
      config=base,
      seeds=(0, 1),
      trials=trials,
      **kwargs,
    )

  return run


def space(*flags):
  return search_space.space(config(), flags)


def test_a_trial_is_judged_by_the_mean_over_seeds_on_validation(searched):
  runs = Runs()
  study = searched(runs)
  assert [t.number for t in study.trials] == list(range(12))
  for trial in study.trials:
    point = search.point(trial, space(*FLAGS))
    assert point == runs.points[trial.number]
    assert trial.value == pytest.approx(100 * quality(point))
    assert point['updater.update_interval'] in range(25, 201, 25)
    assert 0.01 <= point['optimizer.learning_rate'] <= 1


def test_suggestions_follow_from_the_seed_and_a_longer_search_goes_on(searched):
  first, again, more, longer, other = (Runs() for _ in range(5))
  searched(first)
  searched(again, at='again')
  searched(more, trials=15)
  searched(longer, trials=15, at='longer')
  searched(other, seed=1, at='other')
  assert again.points == first.points
  assert first.points | more.points == longer.points
  assert set(more.points) == {12, 13, 14}
  assert other.points != first.points


@pytest.mark.parametrize('trial', [0, 5, 11])
def test_a_search_that_was_stopped_ends_as_one_that_was_not(searched, trial):
  kinds = {'failed': {1, 6}, 'refused': {3}}
  unbroken, stopped, resumed = Runs(**kinds), Runs(**kinds), Runs(**kinds)
  stopped = Runs(**kinds, stopped_at=trial)
  expected = searched(unbroken, at='unbroken')
  with pytest.raises(KeyboardInterrupt):
    searched(stopped)
  study = searched(resumed)
  assert min(resumed.points) == trial
  assert stopped.points | resumed.points == unbroken.points
  assert stopped.points[trial] == resumed.points[trial]
  for report in (search.verdict, search_report.csv):
    assert report(study, space(*FLAGS)) == report(expected, space(*FLAGS))
  assert searched(Runs(stopped_at=0)).trials == study.trials


def test_a_shorter_search_is_the_beginning_of_the_longer(searched):
  longer = searched(Runs(), trials=6)
  assert searched(Runs(stopped_at=0), trials=4).trials == longer.trials[:4]


def test_another_search_in_the_workdir_is_refused(searched):
  searched(Runs(), trials=1)
  with pytest.raises(ValueError, match=r'another search \(config.seed: 0 -> 1'):
    searched(Runs(), seed=1)
  with pytest.raises(ValueError, match='search: .*learning_rate'):
    searched(Runs(), flags=FLAGS[1:])


def test_a_workdir_in_use_and_a_damaged_journal_are_refused(searched, tmp_path):
  with lock(tmp_path / 'search'), pytest.raises(WorkdirBusy):
    searched(Runs())
  (tmp_path / 'search' / search.JOURNAL).write_text('{"op_code": 0\n{}\n')
  with pytest.raises(ValueError, match='search.journal cannot be read'):
    searched(Runs())


def test_what_it_learns_moves_the_search(searched):
  """After its random beginnings it draws nearer to the best."""
  runs = Runs()
  searched(runs, trials=60, seed=1)
  far = [0.9 - quality(point) for point in runs.points.values()]
  assert statistics.median(far[30:]) < statistics.median(far[:10])


def test_a_failed_or_refused_trial_has_no_value(searched):
  study = searched(Runs(failed={1}, refused={3}), trials=5)
  errors = [t.user_attrs['error'] for t in study.trials]
  assert errors[1] == 'the loss is not finite'
  assert errors[3] == 'config.updater: cannot be'
  assert [bool(e) for e in errors] == [False, True, False, True, False]
  assert [t.value is None for t in study.trials] == [bool(e) for e in errors]
  assert study.best_trial.number in (0, 2, 4)


def test_a_search_of_which_nothing_is_left_says_so(searched):
  with pytest.raises(TrainingFailed, match='the first: the loss is not finite'):
    searched(Runs(failed=range(3)), trials=3)
  with pytest.raises(ValueError, match='the first: config.updater: cannot be'):
    searched(Runs(refused=range(3)), trials=3, at='refused')


def test_bad_input_is_no_trial(searched):
  def train(number, point):
    raise ValueError('runs cannot be written')

  with pytest.raises(ValueError, match='runs cannot be written'):
    searched(train)
  assert len(searched(Runs(), trials=1).trials) == 1


def test_a_member_without_a_validation_accuracy_is_named(searched):
  with pytest.raises(TrainingFailed, match='member1 has no validation_acc'):
    searched(lambda *_: [member(0, 0.5), member(1, None)], trials=1)


def listed(trials, **kwargs):
  """Returns `train` of trials whose members are listed."""
  return lambda number, _: [
    member(i, *numbers, **kwargs) for i, numbers in enumerate(trials[number])
  ]


def test_the_best_is_reported_with_its_test_accuracy_once(searched):
  trials = [[(0.7, 0.9), (0.7, 0.8)], [(0.8, 0.6), (0.9, 0.7)], [(None,)]]
  flags = ['updater.drop_schedule=cosine,constant']
  study = searched(listed(trials), trials=3, flags=flags)
  drawn = study.trials[1].params['updater.drop_schedule']
  assert search.verdict(study, space(*flags)).splitlines() == [
    'best of 3 trials (1 failed): trial 2',
    f"  updater.drop_schedule = '{drawn}'",
    '  validation accuracy 85.00 ± 7.07 % (2 seeds), chosen by',
    '  test accuracy 65.00 ± 7.07 %',
    f'  --config.updater.drop_schedule={drawn}',
  ]


def test_of_text_the_fewest_bits_are_the_best(searched):
  trials = [[(2.5, 3.0), (2.7, 3.2)], [(2.0, 2.5), (2.2, 2.7)], [(2.9, 3.4)]]
  study = searched(
    listed(trials, unit='bits'), trials=3, metric=search_space.BITS
  )
  head, *_, judged, test, _ = search.verdict(study, space(*FLAGS)).splitlines()
  assert head == 'best of 3 trials: trial 2'
  assert judged.startswith(
    '  validation bits a character 2.100 ± 0.141 bits (2'
  )
  assert test == '  test bits a character 2.600 ± 0.141 bits'
  text = search_report.csv(study, list(space(*FLAGS)))
  rows = list(csv.DictReader(io.StringIO(text)))
  assert [row['best'] for row in rows] == ['0', '1', '0']
  assert float(rows[1]['validation_bits_mean']) == pytest.approx(2.1)
  history = search_report.draw(study, {}).axes[0]
  assert list(history.lines[0].get_ydata()) == [2.6, 2.1, 2.1, 2.1]
  assert history.get_ylabel() == 'validation bits a character (bits)'


def test_a_search_over_text_draws_nearer_to_the_fewest_bits(searched):
  distances = []

  def train(number, point):
    distances.append(0.9 - quality(point))
    return [member(0, 3 - quality(point), unit='bits')]

  searched(train, trials=60, seed=1, metric=search_space.BITS)
  assert statistics.median(distances[30:]) < statistics.median(distances[:10])


def test_of_equals_the_first_is_the_best(searched):
  study = searched(lambda *_: [member(0, 0.5)], trials=3)
  assert study.best_trial.number == 0


def test_the_csv_has_every_trial_and_no_test_accuracy(searched):
  study = searched(Runs(failed={1}), trials=4)
  text = search_report.csv(study, list(space(*FLAGS)))
  rows = list(csv.DictReader(io.StringIO(text)))
  assert 'test' not in text
  assert [row['trial'] for row in rows] == ['1', '2', '3', '4']
  assert sum(int(row['best']) for row in rows) == 1
  assert rows[1]['error'] == 'the loss is not finite'
  assert rows[1]['validation_accuracy_mean'] == ''
  for row, trial in zip(rows, study.trials, strict=True):
    rate = float(row['optimizer.learning_rate'])
    assert rate == trial.params['optimizer.learning_rate']
    if trial.value is not None:
      assert float(row['validation_accuracy_mean']) == trial.value


def test_the_plot_has_a_panel_for_the_history_and_each_field(
  searched, tmp_path
):
  study = searched(Runs(failed={1}), trials=6)
  figure = search_report.draw(study, space(*FLAGS))
  shown = [ax for ax in figure.axes if ax.get_visible()]
  assert [ax.get_xlabel() for ax in shown] == [
    'trial',
    'learning rate',
    'update interval',
    'drop schedule',
  ]
  steps, points, lost = shown[0].lines
  good = [t.value for t in study.trials if t.value is not None]
  assert list(points.get_ydata()) == good
  so_far = [max(good[: i + 1]) for i in range(5)]
  assert list(steps.get_ydata()) == [*so_far, so_far[-1]]
  assert list(lost.get_xdata()) == [2]
  assert shown[1].get_xscale() == 'log'
  assert len(shown[1].collections[0].get_offsets()) == 5
  ticks = [text.get_text() for text in shown[3].get_xticklabels()]
  assert ticks == ['cosine', 'constant']
  paths = search_report.write(study, space(*FLAGS), tmp_path / 'report')
  assert [path.name for path in paths] == [
    'trials.csv',
    'search.png',
    'search.svg',
    'search.pdf',
    'search.txt',
  ]
  assert all(path.stat().st_size for path in paths)


def test_without_optuna_the_extra_is_named(monkeypatch):
  monkeypatch.setitem(sys.modules, 'optuna', None)
  with pytest.raises(ValueError, match=r'jaxsparse\[tune\]'):
    space(*FLAGS)


def test_a_budget_is_at_least_one(searched):
  with pytest.raises(ValueError, match='--trials: got 0'):
    searched(Runs(), trials=0)
