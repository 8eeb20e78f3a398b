"""The training loop: a library function, varied by its arguments.

All members go through the same programs (see `carry`). What the host does
between segments is passed in as functions; no binary forks this.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.types import PyTree
from jaxsparse.training.carry import Carrier
from jaxsparse.training.plan import Plan, segments
from jaxsparse.training.programs import Programs
from jaxsparse.training.state import Member, TrainState

Record = dict[str, Any]


class Progress(NamedTuple):
  """Where a run stands; with the states, all that a checkpoint needs.

  Attributes:
    step: steps done.
    meters: per member, the sums of loss and accuracy and the number of steps
      since the last log record.
    failed: replicate -> the first step whose loss was not finite.
  """

  step: int
  meters: list[list[float]]
  failed: dict[int, int]


class Hooks(NamedTuple):
  """What the host does between segments.

  Attributes:
    evaluate: `(state, member) -> record entries`; also checks the state.
    record: takes one record: `step`, `replicate` and what was measured.
    healthy: `state -> bool`, asked before a save: are all weights finite?
    save: `(states, progress)`, called at checkpoints.
    last_good: `replicate -> TrainState`: the state that stands for a member
      from where it failed.
    report: takes `(done, last records)`, called at step 0 and after each
      segment.
    interrupted: whether to save and return now.
  """

  evaluate: Callable[[TrainState, Member], Record]
  record: Callable[[Record], None]
  healthy: Callable[[TrainState], bool]
  save: Callable[[Sequence[TrainState], Progress], None]
  last_good: Callable[[int], TrainState]
  report: Callable[[int, Sequence[Record]], None]
  interrupted: Callable[[], bool]


class Interrupted(Exception):
  """The run was asked to stop; its state at `step` is saved."""

  def __init__(self, step: int):
    super().__init__(f'stopped and saved at step {step}')
    self.step = step


class NonFiniteLoss(FloatingPointError):
  """Every member's loss has turned non-finite."""


def fresh_progress(members: int) -> Progress:
  """Nothing done yet."""
  return Progress(0, [[0.0, 0.0, 0] for _ in range(members)], {})


def run(
  programs: Programs,
  states: Sequence[TrainState],
  members: Sequence[Member],
  *,
  data: PyTree,
  plan: Plan,
  batches: Callable[[int, int, int], np.ndarray],
  hooks: Hooks,
  progress: Progress | None = None,
  threads: int = 1,
) -> tuple[list[TrainState], Progress]:
  """Trains from `progress.step` to `plan.num_steps`.

  Args:
    programs: the compiled programs.
    states: one a member; donated.
    members: one a member.
    data: resident arrays, passed to the programs.
    plan: when what is due.
    batches: `(replicate, begin, end) -> int32 [end - begin, batch]`.
    hooks: what the host does between segments.
    progress: where a restored run stands; `None` at the start.
    threads: how many members may be under way at once; see `carry`.

  Returns:
    The final states and progress.

  Raises:
    Interrupted: `hooks.interrupted()` was true; everything is saved.
    NonFiniteLoss: no member is left to train.
  """
  with Carrier(threads) as carry:
    return _carry_on(
      _Fixed(programs, members, data, plan, batches, hooks, carry),
      list(states),
      progress,
    )


class _Fixed(NamedTuple):
  """What stays the same throughout a run."""

  programs: Programs
  members: Sequence[Member]
  data: PyTree
  plan: Plan
  batches: Callable[[int, int, int], np.ndarray]
  hooks: Hooks
  carry: Carrier


def _carry_on(
  fixed: _Fixed, states: list[TrainState], progress: Progress | None
) -> tuple[list[TrainState], Progress]:
  plan, hooks = fixed.plan, fixed.hooks
  if progress is None:
    progress = fresh_progress(len(states))
    hooks.report(0, _boundary(fixed, states, progress, {}))
  for begin, end in segments(plan, progress.step):
    churns = _segment(fixed, states, progress, begin, end)
    progress = progress._replace(step=end)
    hooks.report(end, _boundary(fixed, states, progress, churns))
    if hooks.interrupted() and end < plan.num_steps:
      if not plan.saves(end):
        _save(states, hooks, progress)
      raise Interrupted(end)
  return states, progress


def _segment(
  fixed: _Fixed,
  states: list[TrainState],
  progress: Progress,
  begin: int,
  end: int,
) -> dict[int, PyTree]:
  """Carries the members from `begin` to `end`; the churn of a mask step."""
  masks_change = fixed.plan.masks_change(begin)
  kind = 'update_masks' if masks_change else 'advance'
  programs = fixed.programs
  program = programs.update_masks if masks_change else programs.advance

  def advance(i: int) -> dict[str, Any]:
    indices = fixed.batches(i, begin, end)
    states[i], rows = program(states[i], fixed.members[i], fixed.data, indices)
    return rows

  churns, failing = {}, {}
  alive = _alive(states, progress)
  carried = fixed.carry(kind, advance, alive)
  for i, rows in zip(alive, carried, strict=True):
    bad = np.flatnonzero(~np.isfinite(rows['loss']))
    if bad.size:
      failing[i] = begin + int(bad[0])
      continue
    _accumulate(progress.meters[i], rows)
    if masks_change:
      churns[i] = rows['churn']
  _fail(states, fixed.hooks, progress, failing)
  return churns


def _alive(states: Sequence[TrainState], progress: Progress) -> list[int]:
  return [i for i in range(len(states)) if i not in progress.failed]


def _accumulate(meter: list[float], rows: dict[str, np.ndarray]) -> None:
  for loss, accuracy in zip(rows['loss'], rows['accuracy'], strict=True):
    meter[0] += float(loss)
    meter[1] += float(accuracy)
    meter[2] += 1


def _boundary(
  fixed: _Fixed,
  states: list[TrainState],
  progress: Progress,
  churns: dict[int, PyTree],
) -> list[Record]:
  """Records, evaluates and saves what is due now that a segment is done."""
  done, plan, hooks = progress.step, fixed.plan, fixed.hooks
  alive = _alive(states, progress)
  evaluated: dict[int, Record] = {}
  if plan.evaluates(done):
    scores = fixed.carry(
      'evaluate', lambda i: hooks.evaluate(states[i], fixed.members[i]), alive
    )
    evaluated = dict(zip(alive, scores, strict=True))
  records = []
  for i in alive:
    record: Record = {}
    if plan.logs(done):
      record |= _drain(progress.meters[i])
    if i in churns:
      record['churn'] = {
        path: float(v) for path, v in paths.flatten(churns[i]).items()
      }
    record |= evaluated.get(i, {})
    if record:
      record = {'step': done, 'replicate': i} | record
      hooks.record(record)
      records.append(record)
  if plan.saves(done):
    _save(states, hooks, progress)
  return records


def _save(states: list[TrainState], hooks: Hooks, progress: Progress) -> None:
  """Saves; a member whose weights are no longer finite has failed."""
  failing = {
    i: progress.step
    for i, state in enumerate(states)
    if i not in progress.failed and not hooks.healthy(state)
  }
  _fail(states, hooks, progress, failing)
  hooks.save(states, progress)


def _fail(
  states: list[TrainState],
  hooks: Hooks,
  progress: Progress,
  failing: dict[int, int],
) -> None:
  """Marks members as failed and puts back their last good states."""
  progress.failed.update(failing)
  if len(progress.failed) == len(states):
    steps = ', '.join(map(str, sorted({*progress.failed.values()})))
    raise NonFiniteLoss(f'the loss is not finite at step {steps}')
  for i in failing:
    states[i] = hooks.last_good(i)


def _drain(meter: list[float]) -> Record:
  """The means since the last record; the meter starts anew."""
  loss, accuracy, count = meter
  meter[:] = [0.0, 0.0, 0]
  return {'loss': loss / count, 'accuracy': accuracy / count}
