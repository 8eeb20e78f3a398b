import io
import logging

import pytest

from jaxsparse.runs import progress

TRAINED = {'loss': 0.5, 'accuracy': 0.75}
EVALUATED = {'eval_loss': 1.0, 'eval_accuracy': 0.25, 'sparsity': 0.98}
CHURNED = {'churn': {'a': 0.1}}


@pytest.fixture
def clock(monkeypatch):
  """A clock that a test moves by hand."""

  class Clock:
    now = 100.0

  monkeypatch.setattr(progress.time, 'perf_counter', lambda: Clock.now)
  return Clock


def pass_seconds(clock, seconds, reporter, done, *records):
  clock.now += seconds
  reporter(done, records)


def test_steps_a_second_leave_out_what_compiled(clock):
  reporter = progress.Reporter('run', 0, 100, runs=1)
  pass_seconds(clock, 30, reporter, 0, EVALUATED)  # evaluation compiles
  pass_seconds(clock, 20, reporter, 1, CHURNED)  # the mask step
  pass_seconds(clock, 10, reporter, 10)  # the train step
  assert reporter.steps_per_second() == 0
  pass_seconds(clock, 1, reporter, 20, TRAINED)
  pass_seconds(clock, 2, reporter, 21, CHURNED)
  pass_seconds(clock, 3, reporter, 30, TRAINED | EVALUATED)
  assert reporter.steps_per_second() == 20 / 6


def test_a_resumed_run_counts_its_own_steps_alone(clock):
  reporter = progress.Reporter('run', 50, 100, runs=1)
  pass_seconds(clock, 9, reporter, 60)
  pass_seconds(clock, 2, reporter, 70)
  pass_seconds(clock, 9, reporter, 80, EVALUATED)  # evaluation compiles
  pass_seconds(clock, 3, reporter, 100, EVALUATED)
  assert reporter.steps_per_second() == 30 / 5


def test_a_step_counts_once_a_member(clock):
  reporter = progress.Reporter('run', 0, 100, runs=5)
  pass_seconds(clock, 9, reporter, 10)
  pass_seconds(clock, 2, reporter, 20)
  assert reporter.steps_per_second() == 25


def test_the_bar_estimates_without_the_time_of_compiling(clock, monkeypatch):
  terminal = io.StringIO()
  terminal.isatty = lambda: True
  monkeypatch.setattr(progress.sys, 'stderr', terminal)
  reporter = progress.Reporter('run', 0, 100, runs=1)
  bar = reporter._bar
  bar._time = lambda: clock.now
  bar.start_t = bar.last_print_t = clock.now
  pass_seconds(clock, 30, reporter, 10)  # the train step compiles
  assert bar.format_dict['elapsed'] == 0
  pass_seconds(clock, 2, reporter, 20)
  assert bar.format_dict['elapsed'] == 2
  reporter.close()


def test_without_a_terminal_there_are_plain_lines_now_and_then(clock, caplog):
  caplog.set_level(logging.INFO, logger='jaxsparse')
  reporter = progress.Reporter('run', 0, 100, runs=1)
  both = [TRAINED, TRAINED | {'loss': 1.5}]
  pass_seconds(clock, 0, reporter, 0, EVALUATED)
  pass_seconds(clock, 6, reporter, 10)
  pass_seconds(clock, 6, reporter, 60, *both)
  pass_seconds(clock, 1, reporter, 100, TRAINED)
  reporter.close()
  assert caplog.messages == [
    'run: step 0/100 accuracy 0.2500 sparsity 0.9800',
    'run: step 60/100 accuracy 0.2500 sparsity 0.9800 loss 1.0000 (8 steps/s)',
    'run: step 100/100 accuracy 0.2500 sparsity 0.9800 loss 0.5000'
    ' (13 steps/s)',
  ]


def test_in_a_terminal_there_is_a_bar(clock, monkeypatch, caplog):
  caplog.set_level(logging.INFO, logger='jaxsparse')
  terminal = io.StringIO()
  terminal.isatty = lambda: True
  monkeypatch.setattr(progress.sys, 'stderr', terminal)
  reporter = progress.Reporter('run', 20, 100, runs=1)
  pass_seconds(clock, 1, reporter, 50, TRAINED)
  pass_seconds(clock, 1, reporter, 100, EVALUATED)
  reporter.close()
  shown = terminal.getvalue()
  assert '20/100' in shown
  assert '100/100' in shown
  assert 'loss=0.5000, accuracy=0.2500, sparsity=0.9800' in shown
  assert caplog.messages == []


@pytest.mark.parametrize(
  ('asked', 'runs', 'studies'),
  [('INFO', 'WARNING', 'INFO'), ('DEBUG', 'DEBUG', 'DEBUG')],
)
def test_runs_are_hushed_and_studies_are_not(caplog, asked, runs, studies):
  caplog.set_level(asked, logger='jaxsparse')
  names = 'jaxsparse.runs', 'jaxsparse.studies.running'
  run, study = map(logging.getLogger, names)
  with progress.hushed():
    levels = [logging.getLevelName(x.getEffectiveLevel()) for x in (run, study)]
    assert levels == [runs, studies]
  assert run.getEffectiveLevel() == study.getEffectiveLevel()
  assert logging.getLevelName(run.getEffectiveLevel()) == asked
