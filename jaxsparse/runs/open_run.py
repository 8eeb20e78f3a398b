"""A run in its workdir, which this process has locked."""

import contextlib
import logging
import os
import pathlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from jaxsparse.data.datasets import Split
from jaxsparse.errors import TrainingFailed
from jaxsparse.runs import costs, sources, structure, summary
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.origins import Origins
from jaxsparse.runs.scores import Scores
from jaxsparse.runs.start import start
from jaxsparse.training import metrics
from jaxsparse.training.checkpoints import CheckpointError, Checkpoints
from jaxsparse.training.executors import Execution
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
  """

  experiment: Experiment
  root: pathlib.Path
  checkpoints: Checkpoints
  abstract: TrainState

  def start(self, data: Split) -> TrainState:
    """Returns the state at step 0.

    Args:
      data: the training split, from `inputs.put`.
    """
    initial = sources.load(self.experiment, self.root)
    return start(self.experiment, data, initial)

  def newest(self, upto: int | None = None) -> Restored | None:
    """Restores the newest good checkpoint, at or before `upto`.

    Raises:
      CheckpointError: there are some, and none is good.
    """
    restored = self.checkpoints.latest(self.abstract, upto=upto)
    return None if restored is None else Restored(*restored)

  def last_good(self, data: Split) -> TrainState:
    """Returns the state at the newest good planned checkpoint.

    The state at step 0, if there is none.

    Args:
      data: as for `start`.
    """
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
    return self.start(data)

  def failure(self, step: int) -> TrainingFailed:
    """Returns the error of a run whose loss is not finite at `step`."""
    last = max(self.checkpoints.steps(), default=None)
    where = 'that of no step' if last is None else f'that of step {last}'
    return TrainingFailed(
      f'{NonFiniteLoss([step])}; the last good checkpoint is {where}'
    )

  def summarise(
    self,
    state: TrainState,
    scores: Scores,
    *,
    steps_per_second: float,
    wall_seconds: float,
    execution: Execution,
  ) -> summary.Summary:
    """Scores the final state; returns the content of `summary.json`."""
    values, active = scores.final(state)
    records = metrics.read(self.root / workdir_lib.METRICS)
    return summary.summarise(
      self.experiment,
      scores=values,
      active=active,
      steps_per_second=steps_per_second,
      wall_seconds=wall_seconds,
      execution=execution,
      flops=costs.of_run(
        self.experiment, state, active=active, records=records
      ),
    ) | structure.of_run(self.experiment, state, records)


@contextlib.contextmanager
def opened(
  experiment: Experiment,
  workdir: str | os.PathLike[str],
  abstract: TrainState,
) -> Iterator[OpenRun | summary.Summary]:
  """Locks a workdir for a run; yields the summary if the run is finished.

  Args:
    experiment: the run.
    workdir: of the run, created if missing.
    abstract: from `compiled.abstract_state`, of it or a run of its family.

  Raises:
    ValueError: bad input; nothing was started.
    WorkdirBusy: another process runs there.
  """
  if not workdir_lib.begun(workdir):
    sources.load(experiment, workdir)
  config = experiment.config
  origins = Origins(
    sources.fingerprints(config.init, workdir),
    experiment.dataset.fingerprint,
  )
  with workdir_lib.claim(workdir, config, origins) as root:
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
      yield OpenRun(experiment, root, checkpoints, abstract)
