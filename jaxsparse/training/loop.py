"""The training loop: a library function, varied by its arguments.

The carrier decides how the members of a run are executed (see `carry`). The
host's work between segments is passed in as functions; no binary forks this.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.types import PyTree
from jaxsparse.training.carry import Carrier, Kind
from jaxsparse.training.plan import Plan, segments
from jaxsparse.training.state import TrainState

Record = dict[str, Any]


class Progress(NamedTuple):
  """The progress of a run; with the states, all that a checkpoint needs.

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
    evaluate: `(replicate, state) -> record entries`; also checks the state.
    probe: likewise, of the loss's gradient: `gradient_norm` and others.
    record: takes one record: `step`, `replicate` and measurements.
    healthy: `state -> bool`, called before a save: are all weights finite?
    save: `(states, progress)`, called at checkpoints.
    last_good: `replicate -> TrainState`: the state that replaces that of
      a failed member.
    report: takes `(done, last records)`, called at step 0 and after each
      segment.
    interrupted: whether to save and return now.
  """

  evaluate: Callable[[int, TrainState], Record]
  probe: Callable[[int, TrainState], Record]
  record: Callable[[Record], None]
  healthy: Callable[[TrainState], bool]
  save: Callable[[Sequence[TrainState], Progress], None]
  last_good: Callable[[int], TrainState]
  report: Callable[[int, Sequence[Record]], None]
  interrupted: Callable[[], bool]


class Interrupted(Exception):
  """The run was interrupted; its state at `step` is saved."""

  def __init__(self, step: int):
    super().__init__(f'stopped and saved at step {step}')
    self.step = step


class NonFiniteLoss(FloatingPointError):
  """Every member's loss has turned non-finite, at the steps in `failed`."""

  def __init__(self, failed: Mapping[int, int]):
    steps = ', '.join(map(str, sorted({*failed.values()})))
    super().__init__(f'the loss is not finite at step {steps}')
    self.failed = dict(failed)


def fresh_progress(members: int) -> Progress:
  """Returns the progress of a run before its first step."""
  return Progress(0, [[0.0, 0.0, 0] for _ in range(members)], {})


def run(
  carrier: Carrier,
  *,
  plan: Plan,
  hooks: Hooks,
  progress: Progress | None = None,
) -> Progress:
  """Trains from `progress.step` to `plan.num_steps`.

  Args:
    carrier: the members, whose states are those of `progress.step`.
    plan: the steps at which things are due.
    hooks: what the host does between segments.
    progress: that of a restored run; `None` at the start.

  Returns:
    The final progress; the final states are the carrier's.

  Raises:
    Interrupted: `hooks.interrupted()` was true; everything is saved.
    NonFiniteLoss: no member is left to train.
  """
  fixed = _Fixed(carrier, plan, hooks)
  if progress is None:
    progress = fresh_progress(len(carrier))
    hooks.report(0, _boundary(fixed, progress, {}))
  _check_alive(carrier, progress)
  for begin, end in segments(plan, progress.step):
    changes = _segment(fixed, progress, begin, end)
    progress = progress._replace(step=end)
    hooks.report(end, _boundary(fixed, progress, changes))
    if hooks.interrupted() and end < plan.num_steps:
      if not plan.saves(end):
        _save(fixed, progress)
      raise Interrupted(end)
  return progress


class _Fixed(NamedTuple):
  """Arguments that are constant throughout a run."""

  carrier: Carrier
  plan: Plan
  hooks: Hooks


def _segment(
  fixed: _Fixed, progress: Progress, begin: int, end: int
) -> dict[int, Record]:
  """Advances the members; returns the changes of a mask step, by member."""
  masks_change = fixed.plan.masks_change(begin)
  kind: Kind = 'update_masks' if masks_change else 'advance'
  changes, failing = {}, {}
  alive = _alive(fixed.carrier, progress)
  probed = masks_change and fixed.plan.probe_updates
  before = _each(fixed, 'probe', alive) if probed else {}
  metrics = fixed.carrier.advance(kind, alive, begin, end)
  for i, rows in zip(alive, metrics, strict=True):
    bad = np.flatnonzero(~np.isfinite(rows['loss']))
    if bad.size:
      failing[i] = begin + int(bad[0])
      continue
    _accumulate(progress.meters[i], rows)
    if masks_change:
      changes[i] = {
        'churn': _by_path(rows['churn'], float),
        'layer_active': _by_path(rows['layer_active'], int),
      }
    if probed:
      changes[i]['gradient_norm_before'] = before[i]['gradient_norm']
  _fail(fixed, progress, failing)
  return changes


def _each(
  fixed: _Fixed, hook: Literal['evaluate', 'probe'], alive: Sequence[int]
) -> dict[int, Record]:
  """Calls a hook for each of some members; returns its records by member."""
  results = fixed.carrier.each(hook, getattr(fixed.hooks, hook), alive)
  return dict(zip(alive, results, strict=True))


def _by_path(tree: PyTree, kind: type[Any]) -> dict[str, Any]:
  return {path: kind(v) for path, v in paths.flatten(tree).items()}


def _alive(carrier: Carrier, progress: Progress) -> list[int]:
  return [i for i in range(len(carrier)) if i not in progress.failed]


def _accumulate(meter: list[float], rows: dict[str, np.ndarray]) -> None:
  for loss, accuracy in zip(rows['loss'], rows['accuracy'], strict=True):
    meter[0] += float(loss)
    meter[1] += float(accuracy)
    meter[2] += 1


def _boundary(
  fixed: _Fixed, progress: Progress, changes: dict[int, Record]
) -> list[Record]:
  """Records, evaluates and saves what is due now that a segment is done."""
  done, plan, hooks = progress.step, fixed.plan, fixed.hooks
  alive = _alive(fixed.carrier, progress)
  evaluated = _each(fixed, 'evaluate', alive) if plan.evaluates(done) else {}
  after = bool(changes) and plan.probe_updates
  probed = _each(fixed, 'probe', alive) if after or plan.probes(done) else {}
  records = []
  for i in alive:
    record: Record = {}
    if plan.logs(done):
      record |= _drain(progress.meters[i])
    record |= changes.get(i, {}) | evaluated.get(i, {})
    if plan.probes(done):
      record |= probed[i]
    if after:
      record['gradient_norm_after'] = probed[i]['gradient_norm']
    if record:
      record = {'step': done, 'replicate': i} | record
      hooks.record(record)
      records.append(record)
  if plan.saves(done):
    _save(fixed, progress)
  return records


def _save(fixed: _Fixed, progress: Progress) -> None:
  """Saves; a member whose weights are no longer finite has failed."""
  carrier, hooks = fixed.carrier, fixed.hooks
  failing = {
    i: progress.step
    for i in _alive(carrier, progress)
    if not hooks.healthy(carrier.state(i))
  }
  _fail(fixed, progress, failing)
  hooks.save([carrier.state(i) for i in range(len(carrier))], progress)


def _fail(fixed: _Fixed, progress: Progress, failing: dict[int, int]) -> None:
  """Marks members as failed and puts back their last good states."""
  progress.failed.update(failing)
  _check_alive(fixed.carrier, progress)
  for i in failing:
    fixed.carrier.replace(i, fixed.hooks.last_good(i))


def _check_alive(carrier: Carrier, progress: Progress) -> None:
  if len(progress.failed) == len(carrier):
    raise NonFiniteLoss(progress.failed)


def _drain(meter: list[float]) -> Record:
  """Returns the means since the last record, and resets the meter."""
  loss, accuracy, count = meter
  meter[:] = [0.0, 0.0, 0]
  return {'loss': loss / count, 'accuracy': accuracy / count}
