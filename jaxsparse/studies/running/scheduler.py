"""Runs tasks in threads, each after the tasks that it needs.

Tasks of a family use the same compiled programs: the first task of a family
ends before the others start, so that threads never compile one program twice.
An exclusive task runs alone. The next task is the first in order that may
start. A task that cannot be done yet, since another process is at it, is put
back and retried after a pause.
"""

import time
from collections.abc import Callable, Collection, Hashable, Sequence
from concurrent import futures
from typing import Any, NamedTuple


class Task(NamedTuple):
  """A unit of work, done once.

  Attributes:
    name: hashable and unique.
    family: key of the programs that it runs.
    needs: names of the tasks that must have ended before.
    exclusive: whether no other task may run at the same time.
  """

  name: Any
  family: Hashable
  needs: frozenset[Hashable] = frozenset()
  exclusive: bool = False


def carry_out(
  tasks: Sequence[Task],
  work: Callable[[Task], bool | None],
  *,
  threads: int,
  stopping: Callable[[], bool],
  stop: Callable[[], None],
  tick: Callable[[], None] = lambda: None,
  seconds: float = 0.2,
  rest: float = 2.0,
) -> None:
  """Does all tasks; returns when none is running.

  Args:
    tasks: in the order in which they are preferred.
    work: called with each task, in a thread; returns true to be retried.
    threads: the number of tasks that may run at the same time, >= 1.
    stopping: called before a task starts; if true no more are started.
    stop: called when a task raises, so that running ones end soon.
    tick: called in this thread while tasks run.
    seconds: between ticks, at most.
    rest: seconds before a task is retried, at least.

  Raises:
    ValueError: a task needs one that does not exist, or tasks need one another
      in a circle.
    Exception: the first that a task raised; no task is started after it.
  """
  queue = _Queue(tasks, threads, rest)
  errors: list[BaseException] = []
  running: dict[futures.Future[bool | None], Task] = {}
  with futures.ThreadPoolExecutor(threads) as pool:
    try:
      while True:
        while not errors and not stopping() and (task := queue.take()):
          running[pool.submit(work, task)] = task
        if not running:
          if errors or stopping() or not queue.left:
            break
          time.sleep(seconds)  # All remaining tasks are pausing.
        done, _ = futures.wait(running, seconds, futures.FIRST_COMPLETED)
        tick()
        for future in done:
          task = running.pop(future)
          if (error := future.exception()) is not None:
            queue.end(task)
            errors.append(error)
            stop()
          elif future.result():
            queue.put_back(task)
          else:
            queue.end(task)
    except BaseException:
      stop()  # Leaving the pool waits for the threads.
      raise
  if errors:
    raise errors[0]


class _Queue:
  """Tasks that wait, run or have ended, and which may start next."""

  def __init__(self, tasks: Sequence[Task], threads: int, rest: float):
    _check(tasks)
    self._waiting = list(tasks)
    self._threads, self._rest = threads, rest
    self._rests_until: dict[Hashable, float] = {}
    self._running: list[Task] = []
    self._ended: set[Hashable] = set()
    self._compiled: set[Hashable] = set()

  @property
  def left(self) -> bool:
    """True if tasks wait to be taken, or were put back."""
    return bool(self._waiting)

  def take(self) -> Task | None:
    """Returns the next task, which then counts as running, or `None`."""
    if len(self._running) == self._threads:
      return None
    if any(task.exclusive for task in self._running):
      return None
    compiling = {task.family for task in self._running} - self._compiled
    now = time.monotonic()
    for task in self._waiting:
      waits = bool(task.exclusive and self._running)
      waits = waits or task.family in compiling
      waits = waits or self._rests_until.get(task.name, now) > now
      if not waits and task.needs <= self._ended:
        self._waiting.remove(task)
        self._running.append(task)
        return task
    return None

  def put_back(self, task: Task) -> None:
    """Puts a task back, behind the others, to be retried after a pause."""
    self._running.remove(task)
    self._waiting.append(task)
    self._rests_until[task.name] = time.monotonic() + self._rest

  def end(self, task: Task) -> None:
    self._running.remove(task)
    self._ended.add(task.name)
    self._compiled.add(task.family)


def _check(tasks: Sequence[Task]) -> None:
  ended: set[Hashable] = set()
  waiting: Collection[Task] = tasks
  while waiting:
    ready = [task for task in waiting if task.needs <= ended]
    if not ready:
      names = sorted(str(task.name) for task in waiting)
      raise ValueError(f'tasks wait for one another: {", ".join(names)}')
    ended |= {task.name for task in ready}
    waiting = [task for task in waiting if task.name not in ended]
