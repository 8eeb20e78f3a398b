"""Runs tasks in threads, each after the tasks that it needs.

Tasks of a family use the same compiled programs: the first task of a family
ends before the others start, so that threads never compile one program twice.
An exclusive task runs alone. The next task is the first in order that may
start. A task that cannot be done yet, since another process is at it, is put
back and retried after a pause.
"""

import graphlib
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent import futures
from typing import Any, NamedTuple


class ScheduledTask(NamedTuple):
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


def execute(
  tasks: Sequence[ScheduledTask],
  work: Callable[[ScheduledTask], bool | None],
  *,
  threads: int,
  stopping: Callable[[], bool],
  stop: Callable[[], None],
  tick: Callable[[], None] = lambda: None,
  seconds: float = 0.2,
  pause: float = 2.0,
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
    pause: seconds before a task is retried, at least.

  Raises:
    ValueError: a task needs one that does not exist, or tasks need one another
      in a circle.
    Exception: the first that a task raised; no task is started after it.
  """
  queue = _Queue(tasks, threads, pause)
  errors: list[BaseException] = []
  running: dict[futures.Future[bool | None], ScheduledTask] = {}
  with futures.ThreadPoolExecutor(threads) as pool:
    try:
      while True:
        while not errors and not stopping() and (task := queue.take()):
          running[pool.submit(work, task)] = task
        if not running:
          if errors or stopping() or not queue.graph.is_active():
            break
          time.sleep(seconds)  # All remaining tasks are pausing.
        done, _ = futures.wait(running, seconds, futures.FIRST_COMPLETED)
        tick()
        for future in done:
          task = running.pop(future)
          if (error := future.exception()) is not None:
            errors.append(error)
            stop()
          queue.give_back(task, retry=error is None and bool(future.result()))
    except BaseException:
      stop()  # Leaving the pool waits for the threads.
      raise
  if errors:
    raise errors[0]


class _Queue:
  """Tasks that wait, run or have ended, and which may start next."""

  def __init__(
    self, tasks: Sequence[ScheduledTask], threads: int, pause: float
  ):
    self.graph = _graph(tasks)
    self._tasks = {task.name: task for task in tasks}
    self._order = list(self._tasks)  # Of preference, among those waiting.
    self._ready: set[Hashable] = set()
    self._threads, self._pause = threads, pause
    self._pauses_until: dict[Hashable, float] = {}
    self._running: list[ScheduledTask] = []
    self._compiled: set[Hashable] = set()

  def take(self) -> ScheduledTask | None:
    """Returns the next task, which then counts as running, or `None`."""
    if len(self._running) == self._threads:
      return None
    if any(task.exclusive for task in self._running):
      return None
    self._ready.update(self.graph.get_ready())
    compiling = {task.family for task in self._running} - self._compiled
    now = time.monotonic()
    for task in (self._tasks[name] for name in self._order):
      waits = bool(task.exclusive and self._running)
      waits = waits or task.family in compiling
      waits = waits or self._pauses_until.get(task.name, now) > now
      if not waits and task.name in self._ready:
        self._order.remove(task.name)
        self._running.append(task)
        return task
    return None

  def give_back(self, task: ScheduledTask, *, retry: bool) -> None:
    """Ends a running task; or puts it behind the others, to be retried."""
    self._running.remove(task)
    if retry:
      self._order.append(task.name)
      self._pauses_until[task.name] = time.monotonic() + self._pause
    else:
      self.graph.done(task.name)
      self._compiled.add(task.family)


def _graph(
  tasks: Sequence[ScheduledTask],
) -> graphlib.TopologicalSorter[Hashable]:
  needs = {task.name: task.needs for task in tasks}
  graph = graphlib.TopologicalSorter(needs)
  try:
    graph.prepare()
    missing = sorted(map(str, set().union(*needs.values()) - needs.keys()))
    if not missing:
      return graph
  except graphlib.CycleError as error:
    missing = [str(name) for name in error.args[1]]
  raise ValueError(f'tasks wait for one another: {", ".join(missing)}')
