"""Progress of a running study, in one line."""

import logging
import math
import sys
import threading
import time
from collections.abc import Mapping

import tqdm

from jaxsparse.studies.planning.estimate import duration
from jaxsparse.studies.planning.status import Status

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_LINES = 10.0


class StudyProgress:
  """Members and steps done, and the time left: a bar, else log lines.

  Args:
    name: of the study.
    steps: of each member, from its first.
    statuses: of each member, before this process.
  """

  def __init__(
    self, name: str, steps: Mapping[str, range], statuses: Mapping[str, Status]
  ):
    self._name, self._steps = name, steps
    self._done = {
      n: len(steps[n]) if status.ended else self._count(n, status.step)
      for n, status in statuses.items()
    }
    self._ended = {n for n, status in statuses.items() if status.ended}
    self._failed = {n for n, status in statuses.items() if status.error}
    self._holders: dict[str, str] = {}
    self._lock = threading.Lock()
    self._total = sum(map(len, steps.values()))
    self._before = sum(self._done.values())
    self._began = self._last_line = time.perf_counter()
    self._bar = (
      tqdm.tqdm(total=self._total, initial=self._before, desc=name, unit='step')
      if sys.stderr.isatty() and self._before < self._total
      else None
    )

  def wait(self, member: str, holder: str) -> None:
    """Records that `holder` has a member locked, or nobody if it is ''."""
    with self._lock:
      if holder and not self._holders:
        self._last_line = -math.inf  # Log at once why nothing moves.
      self._holders.pop(member, None)
      if holder:
        self._holders[member] = holder

  def at(self, member: str, step: int) -> None:
    """Records that a member is at `step`; thread-safe."""
    with self._lock:
      self._done[member] = self._count(member, step)

  def end(self, member: str, failed: bool) -> None:
    """Records that a member has ended; thread-safe."""
    with self._lock:
      self._done[member] = len(self._steps[member])
      self._holders.pop(member, None)
      self._ended.add(member)
      if failed:
        self._failed.add(member)

  def tick(self) -> None:
    """Updates the bar, or logs a line; called in the main thread."""
    if self._bar is not None:
      with self._lock:
        done = sum(self._done.values())
      self._bar.set_postfix_str(self._members(), refresh=False)
      self._bar.update(done - self._bar.n)
    elif time.perf_counter() - self._last_line > _SECONDS_BETWEEN_LINES:
      self._last_line = time.perf_counter()
      _log.info('%s', self.line())

  def line(self) -> str:
    """Formats 'digits: 3/35 members, 4,500/52,500 steps, 2 min 5 s left'."""
    with self._lock:
      done = sum(self._done.values())
    facts = [self._members(), f'{done:,}/{self._total:,} steps']
    if self._before < done < self._total:
      elapsed = time.perf_counter() - self._began
      remaining = elapsed * (self._total - done) / (done - self._before)
      facts.append(f'{duration(remaining)} left')
    return f'{self._name}: {", ".join(facts)}'

  def close(self) -> None:
    """Closes the bar, or logs a last line."""
    if self._bar is not None:
      self.tick()
      self._bar.close()
    else:
      _log.info('%s', self.line())

  def _count(self, member: str, step: int) -> int:
    """Returns how many steps of its own a member has done before `step`."""
    return max(step - self._steps[member].start, 0)

  def _members(self) -> str:
    with self._lock:
      text = f'{len(self._ended)}/{len(self._steps)} members'
      failed, holders = len(self._failed), sorted({*self._holders.values()})
    if failed:
      text += f', {failed} failed'
    return f'{text}, waiting for {" and ".join(holders)}' if holders else text
