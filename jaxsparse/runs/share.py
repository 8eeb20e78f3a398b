"""The files and the members of one workdir in a run.

A run has one workdir, or trains the members of several together.
"""

import contextlib
import logging
import os
import pathlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from jaxsparse.data.datasets import Split
from jaxsparse.runs import costs, sources, start, structure, summary
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.compiled import Compiled
from jaxsparse.runs.inputs import Inputs
from jaxsparse.runs.scores import Scores
from jaxsparse.training import metrics
from jaxsparse.training.carry import Carry
from jaxsparse.training.checkpoints import CheckpointError, Checkpoints
from jaxsparse.training.loop import NonFiniteLoss, Progress
from jaxsparse.training.state import TrainState

_log = logging.getLogger(__name__)


class TrainingFailed(FloatingPointError):
  """The loss of every replicate turned non-finite."""


class Place(NamedTuple):
  """A workdir that is locked for a run, and its checkpoints."""

  experiment: Experiment
  root: pathlib.Path
  checkpoints: Checkpoints


class Found(NamedTuple):
  """The content of a checkpoint: the states of the members, and metadata."""

  step: int
  states: Sequence[TrainState]
  meta: dict[str, Any]


@contextlib.contextmanager
def claimed(
  experiment: Experiment, workdir: str | os.PathLike[str]
) -> Iterator[Place | summary.Summary]:
  """Locks a workdir for a run; yields the summary if the run is finished.

  Raises:
    ValueError: bad input; nothing was started.
    WorkdirBusy: another process runs there.
  """
  if not workdir_lib.begun(workdir):
    sources.given(experiment, workdir)
  config = experiment.config
  inputs = Inputs(
    sources.fingerprints(config.init, workdir),
    experiment.dataset.fingerprint,
  )
  with workdir_lib.claim(workdir, config, inputs) as root:
    done = workdir_lib.finished(root)
    if done is not None:
      _log.info('%s is finished; nothing to do', root)
      yield done
      return
    with Checkpoints(
      root / workdir_lib.CHECKPOINTS,
      keep=config.checkpoint.keep,
      keep_steps=(0, *experiment.plan.keep_steps),
      passing=lambda step: not experiment.plan.saves(step),
    ) as checkpoints:
      yield Place(experiment, root, checkpoints)


class Share:
  """The members of one workdir, numbered from 0 as in its config.

  Args:
    place: the workdir.
    abstract: shapes and dtypes of a member's state.
    program: the compiled programs of the members.
    data: the training split, on the device.
    eval_data: the evaluation split, on the device.
    part: the fraction of the wall time, in (0, 1], of these members among all
      that are trained together.
  """

  def __init__(
    self,
    place: Place,
    abstract: TrainState,
    program: Compiled,
    data: Split,
    eval_data: Split,
    part: float = 1.0,
  ):
    self.experiment, self.root, self._checkpoints = place
    self.scores = Scores(self.experiment, program, data, eval_data)
    self._program = program
    self._data = data
    self._target = {'members': (abstract,) * len(self)}
    self._part = part
    self._began = time.perf_counter()
    self._earlier_seconds = 0.0
    # The execution recorded in a checkpoint of the last step.
    self.carried_to_end: Carry | None = None

  def __len__(self) -> int:
    return len(self.experiment.members)

  def latest(self, upto: int | None) -> Found | None:
    """Returns the newest good checkpoint, at or before `upto`.

    Raises:
      CheckpointError: there are some, and none is good.
    """
    restored = self._checkpoints.latest(self._target, upto=upto)
    if restored is None:
      return None
    step, state, meta = restored
    return Found(step, state['members'], meta)

  def go_on(self, found: Found) -> Progress:
    """Restores the progress and the wall time of a checkpoint."""
    _log.info('%s: going on from step %d', self.root.name, found.step)
    self._earlier_seconds = found.meta['wall_seconds']
    if found.step == self.experiment.plan.num_steps:
      self.carried_to_end = start.carried(found.meta)
    return start.from_meta(found.step, found.meta, self.experiment.config)

  def fresh(self, *members: int) -> list[TrainState]:
    """Returns the states of members at step 0."""
    initial = sources.given(self.experiment, self.root)
    return [
      start.fresh_state(self.experiment, self._program, self._data, i, initial)
      for i in members
    ]

  def save(
    self, states: Sequence[TrainState], progress: Progress, carry: Carry
  ) -> None:
    """Saves states, for the most part in the background of the next steps."""
    meta = start.to_meta(
      progress, self.experiment.config, self._seconds(), carry
    )
    self._checkpoints.save(progress.step, {'members': tuple(states)}, meta)

  def forget(self, after: int) -> None:
    """Deletes the checkpoints after a step."""
    self._checkpoints.clear(after)

  def wait(self) -> None:
    """Waits until pending checkpoints are on disk."""
    self._checkpoints.wait()

  def last_good(self, member: int) -> TrainState:
    """Returns a member's state at its newest good planned checkpoint.

    The state at step 0, if there is none.
    """
    self.wait()
    # Not a checkpoint of an interruption: an unbroken run has none.
    planned = filter(self.experiment.plan.saves, self._checkpoints.steps())
    for step in sorted(planned, reverse=True):
      try:
        state, _ = self._checkpoints.restore(step, self._target)
      except CheckpointError as error:
        _log.warning('passing over step %d: %s', step, error)
        continue
      _log.warning(
        '%s: the loss of replicate %d is not finite; it stays at step %d',
        self.root.name,
        member,
        step,
      )
      return state['members'][member]
    return self.fresh(member)[0]

  def failure(self, failed: Mapping[int, int]) -> TrainingFailed:
    """Returns the error of a workdir all of whose members failed."""
    self.wait()
    last = max(self._checkpoints.steps(), default=None)
    where = 'that of no step' if last is None else f'that of step {last}'
    return TrainingFailed(
      f'{NonFiniteLoss(failed)}; the last good checkpoint is {where}'
    )

  def finish(
    self,
    states: Sequence[TrainState],
    failed: dict[int, int],
    *,
    steps_per_second: float,
    carry: Carry,
  ) -> summary.Summary:
    """Scores the final states; returns the content of `summary.json`."""
    scores, active = self.scores.final(states, failed)
    records = metrics.read(self.root / workdir_lib.METRICS)
    result = summary.summarise(
      self.experiment,
      scores=scores,
      active=active,
      failed=failed,
      steps_per_second=steps_per_second,
      wall_seconds=self._seconds(),
      carry=carry,
      flops=costs.of_run(
        self.experiment,
        states,
        active=active,
        failed=failed,
        records=records,
      ),
    )
    return result | structure.of_run(
      self.experiment, states, failed=failed, records=records
    )

  def _seconds(self) -> float:
    """Returns wall seconds, divided among the shares trained together."""
    elapsed = time.perf_counter() - self._began
    return self._earlier_seconds + self._part * elapsed
