"""When a run logs, evaluates, probes, saves and changes masks.

A run is cut into segments at every step where the host has something to do.
A mask step is a segment by itself. The program that runs a step depends on
the step alone, so a resumed run computes what an unbroken one computes.
"""

from collections.abc import Iterator
from typing import NamedTuple

from jaxsparse.core.schedules import is_mask_step


class Plan(NamedTuple):
  """Intervals in steps; a step counts as done once it is complete.

  Steps are counted from that of the schedule and of the data: a run may begin
  at another than 0.

  Attributes:
    num_steps: steps of the whole run, > 0.
    update_interval, start_step, stop_step: the mask steps, see
      `core.schedules`.
    log_interval: metrics are recorded every so many steps, and at the end.
    eval_interval: likewise the evaluation, which also runs at `begin`.
    checkpoint_interval: likewise checkpoints, which include `begin`.
    keep_steps: further steps to save at (rewind points).
    begin: the first step of the run.
    chunk: the most train steps in one dispatch.
    probe_interval: as `eval_interval`, of the probes; 0 for none.
    probe_updates: whether mask steps are probed before and after.
  """

  num_steps: int
  update_interval: int
  start_step: int
  stop_step: int
  log_interval: int
  eval_interval: int
  checkpoint_interval: int
  keep_steps: tuple[int, ...] = ()
  begin: int = 0
  chunk: int = 64
  probe_interval: int = 0
  probe_updates: bool = False

  @property
  def length(self) -> int:
    """Number of steps that the run takes."""
    return self.num_steps - self.begin

  @property
  def mask_steps(self) -> range:
    """Mask steps within the run, ascending."""
    end = min(self.stop_step, self.num_steps)
    steps = range(self.start_step, end, self.update_interval)
    return steps[max(0, -((steps.start - self.begin) // steps.step)) :]

  def masks_change(self, step: int) -> bool:
    """Returns whether `step` is a mask step."""
    return is_mask_step(
      step,
      update_interval=self.update_interval,
      start_step=self.start_step,
      stop_step=self.stop_step,
    )

  def logs(self, done: int) -> bool:
    """Returns whether metrics are recorded when `done` steps are complete."""
    return done > self.begin and self._due(done, self.log_interval)

  def evaluates(self, done: int) -> bool:
    """Returns whether the run is evaluated when `done` steps are complete."""
    return self._due(done, self.eval_interval)

  def probes(self, done: int) -> bool:
    """Returns whether the run is probed when `done` steps are complete."""
    return self.probe_interval > 0 and self._due(done, self.probe_interval)

  def saves(self, done: int) -> bool:
    """Returns whether a checkpoint is due when `done` steps are complete."""
    return self._due(done, self.checkpoint_interval) or done in self.keep_steps

  def _due(self, done: int, interval: int) -> bool:
    return done % interval == 0 or done in (self.begin, self.num_steps)

  def segment_end(self, begin: int) -> int:
    """Returns the end (exclusive) of the segment that begins at `begin`."""
    if self.masks_change(begin):
      return begin + 1
    end = begin + 1
    while end < begin + self.chunk and not self._cut(end):
      end += 1
    return end

  def _cut(self, step: int) -> bool:
    return (
      self.masks_change(step)
      or self.logs(step)
      or self.evaluates(step)
      or self.probes(step)
      or self.saves(step)
    )


def segments(plan: Plan, start: int = 0) -> Iterator[tuple[int, int]]:
  """Yields the segments [begin, end) from `start` to the end of the run."""
  begin = start
  while begin < plan.num_steps:
    end = plan.segment_end(begin)
    yield begin, end
    begin = end
