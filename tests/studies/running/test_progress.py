import itertools
import logging
import types

import pytest

from jaxsparse.studies.planning.estimate import duration
from jaxsparse.studies.planning.status import Status
from jaxsparse.studies.running import progress as progress_lib

FAILED = Status('failed', 30, 'the loss is not finite')
STEPS = {'a': range(100), 'b': range(100), 'c': range(200)}


@pytest.fixture
def clock(monkeypatch):
  """Each look at the clock is a second after the last."""
  ticks = itertools.count()
  monkeypatch.setattr(
    progress_lib.time, 'perf_counter', lambda: float(next(ticks))
  )


def progress(**statuses):
  """Returns the progress of three members; those unnamed are new."""
  new = dict.fromkeys(STEPS, Status('new'))
  return progress_lib.StudyProgress('small', STEPS, new | statuses)


def test_the_line_counts_members_and_steps(clock):
  shown = progress()
  assert shown.line() == 'small: 0/3 members, 0/400 steps'
  shown.at('a', 60)
  shown.end('b', failed=False)
  # 160 of 400 steps in a second.
  assert shown.line() == 'small: 1/3 members, 160/400 steps, 2 s left'


def test_what_was_done_before_tells_nothing_of_the_speed(clock):
  shown = progress(a=Status('done', 100), c=Status('begun', 50))
  assert shown.line() == 'small: 1/3 members, 150/400 steps'
  shown.at('c', 60)
  assert shown.line() == 'small: 1/3 members, 160/400 steps, 24 s left'


def test_steps_before_the_first_of_a_member_are_not_its_own(clock):
  steps = {'dense': range(700), 'ticket': range(500, 700)}
  new = dict.fromkeys(steps, Status('new'))
  shown = progress_lib.StudyProgress('rewound', steps, new)
  assert shown.line() == 'rewound: 0/2 members, 0/900 steps'
  shown.at('ticket', 500)
  assert '0/900 steps' in shown.line()
  shown.at('ticket', 550)
  assert '50/900 steps, 17 s left' in shown.line()
  begun = new | {'ticket': Status('begun', 600)}
  shown = progress_lib.StudyProgress('rewound', steps, begun)
  assert '100/900 steps' in shown.line()
  shown.end('ticket', failed=False)
  assert '200/900 steps' in shown.line()


def test_a_failed_member_has_nothing_left_to_do(clock):
  shown = progress(a=FAILED)
  shown.end('c', failed=True)
  line = 'small: 2/3 members, 2 failed, 300/400 steps'
  assert shown.line().startswith(line)


def test_it_says_at_once_whom_it_waits_for(clock, caplog):
  caplog.set_level(logging.INFO, logger='jaxsparse')
  shown = progress(a=FAILED)
  shown.wait('b', 'pid 7')
  shown.wait('c', 'pid 7')
  shown.tick()
  (line,) = caplog.records
  assert '1 failed, waiting for pid 7, 100/400' in line.getMessage()
  shown.wait('b', 'pid 5')
  assert 'waiting for pid 5 and pid 7,' in shown.line()
  shown.wait('b', '')
  shown.end('c', failed=False)
  assert 'waiting' not in shown.line()


def test_lines_are_some_seconds_apart(clock, caplog):
  caplog.set_level(logging.INFO, logger='jaxsparse')
  shown = progress()
  for _ in range(50):
    shown.tick()
  before = len(caplog.records)
  assert 2 <= before <= 6
  shown.close()
  assert len(caplog.records) == before + 1


def test_in_a_terminal_there_is_one_bar(monkeypatch):
  bars = []

  def tqdm(**fields):
    bar = types.SimpleNamespace(**fields, n=fields['initial'], shown='')
    bar.set_postfix_str = lambda text, refresh: setattr(bar, 'shown', text)
    bar.update = lambda more: setattr(bar, 'n', bar.n + more)
    bar.close = lambda: setattr(bar, 'closed', True)
    bars.append(bar)
    return bar

  monkeypatch.setattr(progress_lib.tqdm, 'tqdm', tqdm)
  monkeypatch.setattr(progress_lib.sys.stderr, 'isatty', lambda: True, False)
  shown = progress(a=Status('done', 100))
  shown.at('b', 30)
  shown.tick()
  (bar,) = bars
  assert (bar.total, bar.initial, bar.n) == (400, 100, 130)
  assert bar.shown == '1/3 members'
  shown.close()
  assert bar.closed


@pytest.mark.parametrize(
  ('seconds', 'text'),
  [
    (0.01, '1 s'),
    (59.4, '59 s'),
    (200, '3 min 20 s'),
    (3600, '1 h 0 min'),
    (90061, '25 h 1 min'),
    (3 * 86400 - 60, '71 h 59 min'),
    (1200 * 86400 + 5, '1,200 days'),
  ],
)
def test_durations(seconds, text):
  assert duration(seconds) == text
