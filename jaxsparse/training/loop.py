"""The training loop: a library function, varied by its arguments.

It trains one run, or several together; the executor decides how they are
executed (see `executors`). The host's work between segments is passed in as
functions; no binary forks this.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.types import PyTree
from jaxsparse.errors import Interrupted
from jaxsparse.training.executors import Executor, Kind
from jaxsparse.training.plan import Plan, segments
from jaxsparse.training.state import TrainState

Record = dict[str, Any]


@dataclasses.dataclass
class Progress:
  """The progress of a run; with its state, all that a checkpoint needs.

  Attributes:
    step: steps done.
    meter: the sums of loss and accuracy and the number of steps since the last
      log record.
    failed: the first step whose loss was not finite; `None` while all were.
  """

  step: int = 0
  meter: list[float] = dataclasses.field(default_factory=lambda: [0.0, 0.0, 0])
  failed: int | None = None


class Hooks(NamedTuple):
  """What the host does between segments. `i` is the number of a run.

  Attributes:
    evaluate: `(i, state) -> record entries`; also checks the state.
    probe: likewise, of the loss's gradient: `gradient_norm` and others.
    record: takes `(i, record)`: `step` and measurements.
    healthy: `state -> bool`, called before a save: are all weights finite?
    save: `(i, state, progress)`, called for each run at checkpoints.
    last_good: `i -> TrainState`: the state that replaces that of a failed run.
    report: takes `(done, last records)`, called at the start and after each
      segment.
    interrupted: whether to save and return now.
  """

  evaluate: Callable[[int, TrainState], Record]
  probe: Callable[[int, TrainState], Record]
  record: Callable[[int, Record], None]
  healthy: Callable[[TrainState], bool]
  save: Callable[[int, TrainState, Progress], None]
  last_good: Callable[[int], TrainState]
  report: Callable[[int, Sequence[Record]], None]
  interrupted: Callable[[], bool]


class NonFiniteLoss(FloatingPointError):
  """The loss of every run has turned non-finite, at `steps`, one a run."""

  def __init__(self, steps: Sequence[int]):
    first = ', '.join(map(str, sorted(set(steps))))
    super().__init__(f'the loss is not finite at step {first}')
    self.steps = list(steps)


def run(
  executor: Executor,
  *,
  plan: Plan,
  hooks: Hooks,
  progress: Sequence[Progress] | None = None,
) -> list[Progress]:
  """Trains from the step of `progress` to `plan.num_steps`.

  Args:
    executor: the runs, whose states are those of `progress`.
    plan: the steps at which things are due.
    hooks: what the host does between segments.
    progress: of restored runs, all at one step; `None` at the start.

  Returns:
    The final progress of each run; the final states are the executor's.

  Raises:
    Interrupted: `hooks.interrupted()` was true; everything is saved.
    NonFiniteLoss: no run is left to train.
  """
  loop = _Loop(executor, plan, hooks, progress)
  if progress is None:
    hooks.report(plan.begin, loop.boundary({}))
  loop.check_alive()
  for begin, end in segments(plan, loop.step):
    hooks.report(end, loop.boundary(loop.segment(begin, end)))
    if hooks.interrupted() and end < plan.num_steps:
      if not plan.saves(end):
        loop.save()
      raise Interrupted(end)
  return loop.progress


class _Loop:
  """The runs of a loop, and what happens to them between its segments."""

  def __init__(
    self,
    executor: Executor,
    plan: Plan,
    hooks: Hooks,
    progress: Sequence[Progress] | None,
  ):
    self._executor, self._plan, self._hooks = executor, plan, hooks
    self.progress = (
      [Progress(plan.begin) for _ in range(len(executor))]
      if progress is None
      else list(progress)
    )

  @property
  def step(self) -> int:
    """Steps done."""
    return self.progress[0].step

  @property
  def _alive(self) -> list[int]:
    return [i for i, one in enumerate(self.progress) if one.failed is None]

  def segment(self, begin: int, end: int) -> dict[int, Record]:
    """Advances the runs; returns the changes of a mask step, by run."""
    masks_change = self._plan.masks_change(begin)
    kind: Kind = 'update_masks' if masks_change else 'advance'
    changes: dict[int, Record] = {}
    failing = {}
    alive = self._alive
    probed = masks_change and self._plan.probe_updates
    before = self._each('probe', alive) if probed else {}
    metrics = self._executor.advance(kind, alive, begin, end)
    for i, rows in zip(alive, metrics, strict=True):
      bad = np.flatnonzero(~np.isfinite(rows['loss']))
      if bad.size:
        failing[i] = begin + int(bad[0])
        continue
      _accumulate(self.progress[i].meter, rows)
      if masks_change:
        changes[i] = {
          'churn': _by_path(rows['churn'], float),
          'layer_active': _by_path(rows['layer_active'], int),
        }
      if probed:
        changes[i]['gradient_norm_before'] = before[i]['gradient_norm']
    self._fail(failing)
    for one in self.progress:
      one.step = end
    return changes

  def boundary(self, changes: dict[int, Record]) -> list[Record]:
    """Records, evaluates and saves what is due now that a segment is done."""
    done, plan, alive = self.step, self._plan, self._alive
    evaluated = self._each('evaluate', alive) if plan.evaluates(done) else {}
    after = bool(changes) and plan.probe_updates
    probed = self._each('probe', alive) if after or plan.probes(done) else {}
    records = []
    for i in alive:
      record: Record = {}
      if plan.logs(done):
        record |= _drain(self.progress[i].meter)
      record |= changes.get(i, {}) | evaluated.get(i, {})
      if plan.probes(done):
        record |= probed[i]
      if after:
        record['gradient_norm_after'] = probed[i]['gradient_norm']
      if record:
        record = {'step': done} | record
        self._hooks.record(i, record)
        records.append(record)
    if plan.saves(done):
      self.save()
    return records

  def save(self) -> None:
    """Saves; a run whose weights are no longer finite has failed.

    Runs that have failed are saved as well, so that all have checkpoints of
    the same steps.
    """
    state = self._executor.state
    alive = self._alive
    failing = [i for i in alive if not self._hooks.healthy(state(i))]
    self._fail(dict.fromkeys(failing, self.step))
    for i, one in enumerate(self.progress):
      self._hooks.save(i, state(i), one)

  def check_alive(self) -> None:
    """Raises `NonFiniteLoss` if no run is left to train."""
    steps = [one.failed for one in self.progress if one.failed is not None]
    if len(steps) == len(self.progress):
      raise NonFiniteLoss(steps)

  def _each(
    self, hook: Literal['evaluate', 'probe'], alive: Sequence[int]
  ) -> dict[int, Record]:
    """Calls a hook for each of some runs; returns its records by run."""
    call = getattr(self._hooks, hook)
    return {i: call(i, self._executor.state(i)) for i in alive}

  def _fail(self, failing: dict[int, int]) -> None:
    """Marks runs as failed and puts back their last good states."""
    for i, step in failing.items():
      self.progress[i].failed = step
    self.check_alive()
    for i in failing:
      self._executor.replace(i, self._hooks.last_good(i))


def _by_path(tree: PyTree, kind: type[Any]) -> dict[str, Any]:
  return {path: kind(v) for path, v in paths.flatten(tree).items()}


def _accumulate(meter: list[float], rows: dict[str, np.ndarray]) -> None:
  for loss, accuracy in zip(rows['loss'], rows['accuracy'], strict=True):
    meter[0] += float(loss)
    meter[1] += float(accuracy)
    meter[2] += 1


def _drain(meter: list[float]) -> Record:
  """Returns the means since the last record, and resets the meter."""
  loss, accuracy, count = meter
  meter[:] = [0.0, 0.0, 0]
  return {'loss': loss / count, 'train_accuracy': accuracy / count}
