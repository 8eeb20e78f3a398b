"""Invariants of any schedule, held against fake tasks that note the time."""

import itertools
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxsparse.studies.running.scheduler import ScheduledTask, execute


class Log:
  """Notes when each task begins and ends, by a count of such moments."""

  def __init__(self, seconds=None, failing=()):
    self._seconds, self._failing = seconds or {}, failing
    self._clock, self._lock = itertools.count(), threading.Lock()
    self.begun, self.ended = {}, {}

  def __call__(self, task):
    with self._lock:
      self.begun[task.name] = next(self._clock)
    time.sleep(self._seconds.get(task.name, 0))
    with self._lock:
      self.ended[task.name] = next(self._clock)
    if task.name in self._failing:
      raise RuntimeError(f'task {task.name}')

  def overlap(self, a, b):
    return self.begun[a] < self.ended[b] and self.begun[b] < self.ended[a]


def carry(tasks, log, threads=2, stopping=lambda: False, stop=lambda: None):
  execute(
    tasks, log, threads=threads, stopping=stopping, stop=stop, seconds=0.01
  )


@st.composite
def graphs(draw):
  """Tasks that need some of those before them, in any order."""
  count = draw(st.integers(1, 9))
  tasks = [
    ScheduledTask(
      i,
      draw(st.integers(0, 2)),
      frozenset(draw(st.sets(st.integers(0, i - 1), max_size=2)) if i else ()),
      draw(st.booleans()),
    )
    for i in range(count)
  ]
  return draw(st.permutations(tasks))


@settings(max_examples=60)
@given(graphs(), st.integers(1, 3), st.data())
def test_a_schedule_keeps_to_its_rules(tasks, threads, data):
  seconds = st.sampled_from([0, 0.001, 0.003])
  log = Log({task.name: data.draw(seconds) for task in tasks})
  carry(tasks, log, threads)
  assert log.ended.keys() == {task.name for task in tasks}
  for task in tasks:
    beside = [t for t in tasks if t != task and log.overlap(task.name, t.name)]
    assert not (task.exclusive and beside)
    for needed in task.needs:
      assert log.ended[needed] < log.begun[task.name]
  for moment in range(2 * len(tasks)):
    under_way = [n for n, b in log.begun.items() if b <= moment < log.ended[n]]
    assert len(under_way) <= threads
  for family in {task.family for task in tasks}:
    names = [task.name for task in tasks if task.family == family]
    first = min(names, key=log.begun.get)
    assert not any(log.overlap(first, n) for n in names if n != first)


def meeting():
  """Work that ends only when two tasks are under way at once."""
  barrier = threading.Barrier(2, timeout=20)
  return lambda task: barrier.wait() and None


def test_families_run_beside_one_another():
  carry([ScheduledTask(0, 'a'), ScheduledTask(1, 'b')], meeting())


def test_a_family_whose_programs_are_there_fills_the_threads():
  meet = meeting()

  def work(task):
    if task.name:
      meet(task)

  carry([ScheduledTask(i, 'a') for i in range(3)], work)


def test_tasks_are_taken_in_their_order():
  log = Log()
  carry([ScheduledTask(i, i % 2) for i in (3, 1, 2, 0)], log, threads=1)
  assert sorted(log.begun, key=log.begun.get) == [3, 1, 2, 0]


def test_an_error_stops_the_others_and_is_raised():
  told = threading.Event()
  ended = []

  def work(task):
    if task.name == 'bad':
      raise RuntimeError('the disk is full')
    assert told.wait(20)
    ended.append(task.name)

  tasks = [
    ScheduledTask('long', 'a'),
    ScheduledTask('bad', 'b'),
    ScheduledTask('later', 'c'),
  ]
  with pytest.raises(RuntimeError, match='the disk is full'):
    carry(tasks, work, stop=told.set)
  assert ended == ['long']


def test_the_first_of_several_errors_is_raised():
  log = Log({1: 0.05}, failing=(0, 1))
  with pytest.raises(RuntimeError, match='task 0'):
    carry([ScheduledTask(0, 'a'), ScheduledTask(1, 'b')], log)
  assert set(log.ended) == {0, 1}


def test_nothing_more_is_started_once_it_is_to_stop():
  log = Log()
  tasks = [ScheduledTask(i, 'a') for i in range(5)]
  carry(tasks, log, threads=1, stopping=lambda: len(log.ended) == 2)
  assert set(log.ended) == {0, 1}


def test_an_error_in_this_thread_stops_the_tasks():
  told = threading.Event()

  def tick():
    raise KeyboardInterrupt

  with pytest.raises(KeyboardInterrupt):
    execute(
      [ScheduledTask(0, 'a')],
      lambda task: told.wait(20),
      threads=1,
      stopping=lambda: False,
      stop=told.set,
      tick=tick,
      seconds=0.01,
    )
  assert told.is_set()


def test_what_cannot_be_done_yet_is_tried_again_behind_the_others():
  log, tries = Log(), []

  def work(task):
    if task.name == 'held':
      tries.append(set(log.ended))
      if len(tries) < 3:
        return True
    return log(task)

  tasks = [
    ScheduledTask('held', 'a', frozenset(), True),
    ScheduledTask('after', 'a', frozenset({'held'})),
    ScheduledTask('other', 'a'),
  ]
  execute(
    tasks,
    work,
    threads=1,
    stopping=lambda: False,
    stop=lambda: None,
    seconds=0.001,
    pause=0.01,
  )
  assert tries == [set(), {'other'}, {'other'}]
  assert log.ended['held'] < log.begun['after']


def test_a_task_that_rests_is_left_when_it_is_to_stop():
  tries = []
  carry(
    [ScheduledTask(0, 'a'), ScheduledTask(1, 'a', frozenset({0}))],
    lambda task: not tries.append(task.name),
    stopping=lambda: bool(tries),
  )
  assert tries == [0]


@pytest.mark.parametrize('needs', [(0,), (7,)])
def test_what_can_never_start_is_refused(needs):
  log = Log()
  with pytest.raises(ValueError, match=f'for one another: {needs[0]}'):
    carry([ScheduledTask(0, 'a', frozenset(needs)), ScheduledTask(1, 'a')], log)
  assert not log.begun


def test_no_tasks_are_done_at_once():
  carry([], Log())
