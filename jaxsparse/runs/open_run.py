"""A run in its workdir, which this process has locked."""

import contextlib
import logging
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from jaxsparse import storage
from jaxsparse.errors import SaveFailed, TrainingFailed
from jaxsparse.runs import sources
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.origins import Origins
from jaxsparse.runs.summary import Summary
from jaxsparse.training import processes
from jaxsparse.training.checkpoints import CheckpointError, Checkpoints
from jaxsparse.training.loop import NonFiniteLoss
from jaxsparse.training.state import TrainState

_log = logging.getLogger(__name__)


class Restored(NamedTuple):
  """The content of a checkpoint."""

  step: int
  state: TrainState
  meta: dict[str, Any]


class OpenRun(NamedTuple):
  """A run in its workdir, which this process has locked.

  Attributes:
    experiment: the run.
    root: its workdir.
    checkpoints: those in it.
    abstract: shapes and dtypes of its state.
    initial: what it starts from; `None` if it had begun.
  """

  experiment: Experiment
  root: pathlib.Path
  checkpoints: Checkpoints
  abstract: TrainState
  initial: sources.Initial | None = None

  def newest(self, upto: int | None = None) -> Restored | None:
    """Restores the newest good checkpoint, at or before `upto`.

    Raises:
      CheckpointError: there are some, and none is good.
    """
    restored = self.checkpoints.latest(self.abstract, upto=upto)
    return None if restored is None else Restored(*restored)

  def last_good(self) -> TrainState | None:
    """Restores the newest good planned checkpoint; `None` if there is none."""
    # Not a checkpoint of an interruption: an unbroken run has none.
    planned = filter(self.experiment.plan.saves, self.checkpoints.steps())
    for step in sorted(planned, reverse=True):
      try:
        state, _ = self.checkpoints.restore(step, self.abstract)
      except CheckpointError as error:
        _log.warning('passing over step %d: %s', step, error)
        continue
      _log.warning(
        '%s: the loss is not finite; the run stays at step %d',
        self.root.name,
        step,
      )
      return state
    return None

  def failure(self, step: int) -> TrainingFailed:
    """Returns the error of a run whose loss is not finite at `step`."""
    last = max(self.checkpoints.steps(), default=None)
    where = 'that of no step' if last is None else f'that of step {last}'
    return TrainingFailed(
      f'{NonFiniteLoss([step])}; the last good checkpoint is {where}'
    )


@contextlib.contextmanager
def opened(
  experiment: Experiment,
  workdir: str | os.PathLike[str],
  abstract: TrainState,
) -> Iterator[OpenRun | Summary]:
  """Locks a workdir for a run; yields the summary if the run is finished.

  Of several processes the first decides whether it has begun or is finished,
  as others may see an older state of the folder, and it alone has the summary.

  Args:
    experiment: the run.
    workdir: of the run, created if missing.
    abstract: from `compiled.abstract_state`, of it or a run of its family.

  Raises:
    ValueError: bad input; nothing was started.
    WorkdirBusy: another process runs there.
  """
  begun = processes.on_first(lambda: workdir_lib.begun(workdir))
  begun = processes.any_of(bool(begun))
  initial = None if begun else sources.load(experiment, workdir, abstract)
  config = experiment.config
  with _claimed(workdir, experiment) as root:
    done = processes.on_first(lambda: workdir_lib.finished(root))
    if processes.any_of(done is not None):
      _log.info('%s is finished; nothing to do', root)
      yield done or {}
      return
    with Checkpoints(
      root / workdir_lib.CHECKPOINTS,
      keep=config.checkpoint.keep,
      keep_steps=(experiment.plan.begin, *experiment.plan.keep_steps),
      passing=lambda step: not experiment.plan.saves(step),
    ) as checkpoints:
      yield OpenRun(experiment, root, checkpoints, abstract, initial)


@contextlib.contextmanager
def _claimed(
  workdir: str | os.PathLike[str], experiment: Experiment
) -> Iterator[pathlib.Path]:
  """Claims a workdir for the processes of a run; the first holds its lock."""
  config = experiment.config
  with contextlib.ExitStack() as stack:

    def claim() -> None:
      origins = Origins(
        sources.fingerprints(config.init, workdir),
        experiment.dataset.fingerprint,
      )
      stack.enter_context(workdir_lib.claim(workdir, config, origins))

    processes.on_first(claim)
    yield storage.absolute(workdir)


def newest_common(runs: Sequence[OpenRun]) -> list[Restored] | None:
  """Restores the newest step that is good in all workdirs.

  A kill between the saves of two runs leaves one behind the other. Later
  checkpoints are deleted, and all of them where no step is common, lest they be
  mistaken for those of the runs that continue or start over.

  Returns:
    `None` if there is no such step.

  Raises:
    CheckpointError: a run has checkpoints, and none is good.
  """
  upto: int | None = None
  while True:
    newest = [run.newest(upto) for run in runs]
    # Of a folder on a network, processes may see different listings.
    processes.require_same([-1 if one is None else one.step for one in newest])
    restored = [one for one in newest if one is not None]
    if len(restored) < len(runs):
      if restored or upto is not None:
        _log.warning('no checkpoint is common to all runs; they start anew')
        _forget(runs, -1)
      return None
    steps = {one.step for one in restored}
    if len(steps) == 1:
      if upto is not None:
        _forget(runs, restored[0].step)
      return restored
    upto = min(steps)


def _forget(runs: Sequence[OpenRun], after: int) -> None:
  for run in runs:
    run.checkpoints.clear(after)


@contextlib.contextmanager
def not_bad_input() -> Iterator[None]:
  """Re-raises errors during training, so that they are not taken for bad input.

  `ValueError` becomes `RuntimeError`, and `CheckpointError` `SaveFailed`.
  """
  try:
    yield
  except CheckpointError as error:
    raise SaveFailed(str(error)) from error
  except ValueError as error:
    raise RuntimeError(f'training failed: {error}') from error
