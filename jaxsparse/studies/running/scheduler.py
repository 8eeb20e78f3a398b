"""Tasks in threads, each when what it needs has ended.

A family's tasks share compiled programs: its first task runs before the
others of that family start, so that threads never compile one program twice.
An exclusive task runs alone. Which task is next depends on their order and on
nothing else, but not when each ends. What cannot be done yet, for somebody
else is at it, rests and is tried again.
"""

import time
from collections.abc import Callable, Collection, Hashable, Sequence
from concurrent import futures
from typing import Any, NamedTuple


class Task(NamedTuple):
  """Something to be done once.

  Attributes:
    name: hashable; differs from those of the others.
    family: of the programs that it runs.
    needs: names of tasks that must have ended before.
    exclusive: whether it runs with no other beside it.
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
  """Does all tasks; returns when none is under way.

  Args:
    tasks: in the order in which they are preferred.
    work: called with each, in a thread; true if it is to be tried again.
    threads: how many may be under way at once, >= 1.
    stopping: asked before a task starts; if true no more are started.
    stop: called when a task raises, to have those under way end soon.
    tick: called in this thread now and then.
    seconds: between ticks, at most.
    rest: seconds before a task is tried again, at least.

  Raises:
    ValueError: a task needs one that is not there, or runs in a circle.
    Exception: the first that a task raised; no task started after it.
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
          time.sleep(seconds)  # All that is left rests.
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
  """Which task may start now."""

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
    """Whether there are tasks that have not been taken, or were put back."""
    return bool(self._waiting)

  def take(self) -> Task | None:
    """The next task, which counts as under way from now on."""
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
    """To be taken again, behind the others and not at once."""
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
