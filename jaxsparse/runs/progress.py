"""The progress display of a run: a bar in a terminal, else log lines."""

import contextlib
import logging
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tqdm

Report = Callable[[int, Sequence[dict[str, Any]]], None]

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_LINES = 10.0
_OURS = 'jaxsparse'
_HEARD = 'jaxsparse.studies', 'jaxsparse.analyses.harness'


@contextlib.contextmanager
def hushed() -> Iterator[None]:
  """Limits the log of runs to warnings, unless at DEBUG.

  Those of studies, and of what calls their analyses, stay as they are.

  The limit also covers the building of runs.
  """
  ours, *heard = map(logging.getLogger, (_OURS, *_HEARD))
  before = [logger.level for logger in (ours, *heard)]
  if not ours.isEnabledFor(logging.DEBUG):
    for logger in heard:
      logger.setLevel(ours.getEffectiveLevel())
    ours.setLevel(logging.WARNING)
  try:
    yield
  finally:
    for logger, level in zip((ours, *heard), before, strict=True):
      logger.setLevel(level)


class Reporter:
  """Display of steps done, steps/s, newest loss, accuracy and sparsity.

  Args:
    name: of the run.
    start: steps done before this process.
    num_steps: of the whole run.
    runs: trained side by side; a step counts once for each.
    instead: takes `(steps done, newest records)`, in place of the display.
  """

  def __init__(
    self,
    name: str,
    start: int,
    num_steps: int,
    runs: int,
    instead: Report | None = None,
  ):
    self._name, self._total = name, num_steps
    self._runs, self._instead = runs, instead
    self._shown: dict[str, str] = {}
    self._compiled: set[str] = set()
    self._clock = time.perf_counter()
    self._done, self._seconds, self._steps = start, 0.0, 0
    self._last_line = -math.inf
    self._bar = (
      tqdm.tqdm(total=num_steps, initial=start, desc=name, unit='step')
      if instead is None and sys.stderr.isatty()
      else None
    )

  def __call__(self, done: int, records: Sequence[dict[str, Any]]) -> None:
    """Displays the steps done and the newest records."""
    now = time.perf_counter()
    compiled = self._count(now, done, records)
    if self._instead is not None:
      self._instead(done, records)
      return
    self._read(records)
    if self._bar is not None:
      self._bar.set_postfix(self._shown, refresh=False)
      if compiled:
        self._bar.unpause()  # That time says nothing of the time left.
      self._bar.update(done - self._bar.n)
    elif now - self._last_line > _SECONDS_BETWEEN_LINES or done == self._total:
      self._last_line = now
      facts = [f'{k} {v}' for k, v in self._shown.items()]
      if self._steps:
        facts.append(f'({self.steps_per_second():,.0f} steps/s)')
      line = f'{self._name}: step {done}/{self._total}'
      _log.info(' '.join([line, *facts]))

  def steps_per_second(self) -> float:
    """Returns steps per second of all runs, without compilation.

    The time of evaluations and saves counts. 0.0 if this process made no steps
    besides those that it compiled for.
    """
    return self._steps * self._runs / self._seconds if self._steps else 0.0

  def close(self) -> None:
    """Ends the bar."""
    if self._bar is not None:
      self._bar.close()

  def _count(
    self, now: float, done: int, records: Sequence[dict[str, Any]]
  ) -> bool:
    """Counts the time since the last call, unless something compiled in it.

    Returns whether something did.
    """
    entries = set().union(*records)
    programs = entries & {'eval_loss'}
    if done > self._done:
      programs |= {'churn' if 'churn' in entries else 'train'}
    compiled = not programs <= self._compiled
    if not compiled:
      self._seconds += now - self._clock
      self._steps += done - self._done
    self._compiled |= programs
    self._clock, self._done = now, done
    return compiled

  def _read(self, records: Sequence[dict[str, Any]]) -> None:
    for name, label in (
      ('loss', 'loss'),
      ('eval_accuracy', 'accuracy'),
      ('sparsity', 'sparsity'),
    ):
      values = [r[name] for r in records if name in r]
      if values:
        self._shown[label] = f'{sum(values) / len(values):.4f}'
