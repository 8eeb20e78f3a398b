"""What a person sees of a run: a bar in a terminal, else plain log lines."""

import logging
import sys
import time
from collections.abc import Sequence
from typing import Any

import tqdm

_log = logging.getLogger(__name__)
_SECONDS_BETWEEN_LINES = 10.0


class Reporter:
  """Shows steps done, steps/s, and the newest loss, accuracy and sparsity.

  Args:
    name: of the run.
    start: steps that were done before this process.
    num_steps: of the whole run.
    members: trained side by side; a step counts once for each.
  """

  def __init__(self, name: str, start: int, num_steps: int, members: int):
    self._name, self._start, self._total = name, start, num_steps
    self._members = members
    self._shown: dict[str, str] = {}
    self._first: tuple[float, int] | None = None
    self._last_line = 0.0
    self._bar = (
      tqdm.tqdm(total=num_steps, initial=start, desc=name, unit='step')
      if sys.stderr.isatty()
      else None
    )

  def __call__(self, done: int, records: Sequence[dict[str, Any]]) -> None:
    """Takes the steps done and the records made at this point."""
    now = time.perf_counter()
    if self._first is None:
      self._first = (now, done)
    self._read(records)
    if self._bar is not None:
      self._bar.set_postfix(self._shown, refresh=False)
      self._bar.update(done - self._bar.n)
    elif now - self._last_line > _SECONDS_BETWEEN_LINES or done == self._total:
      self._last_line = now
      facts = ' '.join(f'{k} {v}' for k, v in self._shown.items())
      _log.info(
        '%s: step %d/%d %s (%.0f steps/s)',
        self._name,
        done,
        self._total,
        facts,
        self.steps_per_second(done),
      )

  def steps_per_second(self, done: int) -> float:
    """Member steps a second since the first segment, compiling left out."""
    if self._first is None or done == self._first[1]:
      return 0.0
    seconds = time.perf_counter() - self._first[0]
    return (done - self._first[1]) * self._members / seconds

  def close(self) -> None:
    """Ends the bar."""
    if self._bar is not None:
      self._bar.close()

  def _read(self, records: Sequence[dict[str, Any]]) -> None:
    for name, label in (
      ('loss', 'loss'),
      ('eval_accuracy', 'accuracy'),
      ('sparsity', 'sparsity'),
    ):
      values = [r[name] for r in records if name in r]
      if values:
        self._shown[label] = f'{sum(values) / len(values):.4f}'
