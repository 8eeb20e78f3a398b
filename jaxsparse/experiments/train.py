"""The train driver: one config, one workdir, from the start or from a kill."""

import contextlib
import logging
import os
import pathlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax

from jaxsparse.data import resident
from jaxsparse.experiments import plots, start, summary
from jaxsparse.experiments import workdir as workdir_lib
from jaxsparse.experiments.build import Experiment, build
from jaxsparse.experiments.compiled import Compiled, abstract_state, compiled
from jaxsparse.experiments.progress import Reporter
from jaxsparse.experiments.scores import Scores
from jaxsparse.training import loop
from jaxsparse.training.carry import usable_cores
from jaxsparse.training.checkpoints import CheckpointError, Checkpoints
from jaxsparse.training.evaluate import is_finite
from jaxsparse.training.metrics import MetricsWriter
from jaxsparse.training.state import TrainState

_log = logging.getLogger(__name__)


class SaveFailed(RuntimeError):
  """A checkpoint could not be written; those before it are kept."""


class TrainingFailed(FloatingPointError):
  """The loss of every replicate turned non-finite."""


def train(
  config: Any,
  workdir: str | os.PathLike[str],
  *,
  interrupted: Callable[[], bool] = lambda: False,
) -> summary.Summary:
  """Runs `config` in `workdir` to the end, or goes on where it was.

  Args:
    config: a `ConfigDict` made by `config.default_config`.
    workdir: made if need be. A finished run there is not repeated.
    interrupted: asked between segments; if true the run saves and stops.

  Returns:
    The content of `summary.json`.

  Raises:
    ValueError: bad input; nothing was started.
    WorkdirBusy: another process runs there.
    Interrupted: stopped by `interrupted`, and saved.
    TrainingFailed: no replicate is left; the last good checkpoint is kept.
    SaveFailed: a checkpoint could not be written.
  """
  experiment = build(config)
  # Traced, not run: what the method's own init refuses, it refuses here.
  abstract = abstract_state(experiment)
  if not workdir_lib.begun(workdir):
    start.given(experiment, workdir)
  with workdir_lib.claim(workdir, experiment.config) as root:
    done = workdir_lib.finished(root)
    if done is not None:
      _log.info('%s is finished; nothing to do', root)
      return done
    with Checkpoints(
      root / workdir_lib.CHECKPOINTS,
      keep=experiment.config['checkpoint']['keep'],
      keep_steps=(0, *experiment.plan.keep_steps),
      passing=lambda step: not experiment.plan.saves(step),
    ) as checkpoints:
      return _Run(experiment, abstract, root, checkpoints).run(interrupted)


@contextlib.contextmanager
def _not_bad_input() -> Iterator[None]:
  """A `ValueError` in a run that is under way is none of the user's input."""
  try:
    yield
  except CheckpointError as error:
    raise SaveFailed(str(error)) from error
  except ValueError as error:
    raise RuntimeError(f'training failed: {error}') from error


class _Run:
  """The pieces of one call of `train`, and what the loop calls back."""

  def __init__(
    self,
    experiment: Experiment,
    abstract: TrainState,
    root: pathlib.Path,
    checkpoints: Checkpoints,
  ):
    self._experiment = experiment
    self._target = {'members': (abstract,) * len(experiment.members)}
    self._root = root
    self._checkpoints = checkpoints
    self._compiled: Compiled = compiled(experiment, abstract)
    self._data = resident.put(experiment.dataset.train)
    self._scores = Scores(experiment, self._compiled, self._data)
    self._began = time.perf_counter()
    self._earlier_seconds = 0.0

  def run(self, interrupted: Callable[[], bool]) -> summary.Summary:
    experiment = self._experiment
    states, progress = self._restore()
    fresh = progress is None
    begun = 0 if progress is None else progress.step
    # The steps do not read `init`, and with it they would compile anew for
    # each initialisation.
    members = [m._replace(init={}) for m in experiment.members]
    reporter = Reporter(
      self._root.name, begun, experiment.plan.num_steps, len(states)
    )
    with MetricsWriter(self._root, step=-1 if fresh else begun) as writer:
      hooks = loop.Hooks(
        evaluate=self._scores.record,
        record=writer.write,
        healthy=is_finite,
        save=self._save,
        last_good=self._last_good,
        report=reporter,
        interrupted=interrupted,
      )
      try:
        with _not_bad_input(), self._saved():
          states, progress = loop.run(
            self._compiled.programs,
            states,
            members,
            data=self._data,
            plan=experiment.plan,
            batches=experiment.batches,
            hooks=hooks,
            progress=progress,
            threads=self._threads(),
          )
      except loop.NonFiniteLoss as error:
        raise TrainingFailed(self._failure(error)) from None
      finally:
        reporter.close()
    return self._finish(states, progress, reporter)

  @contextlib.contextmanager
  def _saved(self) -> Iterator[None]:
    """Waits in the end: "saved" is said of what is on disk."""
    try:
      yield
    finally:
      self._checkpoints.wait()

  def _threads(self) -> int:
    """Members under way at once: small nets do not fill the cores of a CPU."""
    if jax.default_backend() != 'cpu':
      return 1
    if self._compiled.programs.dispatch != 'scan':
      return 1
    return min(usable_cores(), len(self._experiment.members))

  def _restore(
    self,
  ) -> tuple[Sequence[TrainState], loop.Progress | None]:
    found = self._checkpoints.latest(self._target)
    if found is None:
      return self._fresh(*range(len(self._experiment.members))), None
    step, state, meta = found
    _log.info('%s: going on from step %d', self._root.name, step)
    self._earlier_seconds = meta['wall_seconds']
    progress = start.from_meta(step, meta, self._experiment.config)
    return state['members'], progress

  def _fresh(self, *replicates: int) -> list[TrainState]:
    given = start.given(self._experiment, self._root)
    return [
      start.fresh_state(self._experiment, self._compiled, self._data, i, given)
      for i in replicates
    ]

  def _save(
    self, states: Sequence[TrainState], progress: loop.Progress
  ) -> None:
    meta = start.to_meta(progress, self._experiment.config, self._seconds())
    self._checkpoints.save(progress.step, {'members': tuple(states)}, meta)

  def _last_good(self, replicate: int) -> TrainState:
    self._checkpoints.wait()
    # Not a save that an interruption made: an unbroken run has none.
    planned = filter(self._experiment.plan.saves, self._checkpoints.steps())
    for step in sorted(planned, reverse=True):
      try:
        state, _ = self._checkpoints.restore(step, self._target)
      except CheckpointError as error:
        _log.warning('passing over step %d: %s', step, error)
        continue
      _log.warning(
        '%s: the loss of replicate %d is not finite; it stays at step %d',
        self._root.name,
        replicate,
        step,
      )
      return state['members'][replicate]
    return self._fresh(replicate)[0]

  def _failure(self, error: Exception) -> str:
    self._checkpoints.wait()
    kept = max(self._checkpoints.steps(), default=None)
    where = 'no checkpoint' if kept is None else f'step {kept}'
    return (
      f'{error}; the last good checkpoint in'
      f' {self._root / workdir_lib.CHECKPOINTS} is {where}'
    )

  def _finish(
    self,
    states: Sequence[TrainState],
    progress: loop.Progress,
    reporter: Reporter,
  ) -> summary.Summary:
    accuracies, active = self._scores.final(states, progress.failed)
    result = summary.summarise(
      self._experiment,
      accuracies=accuracies,
      active=active,
      failed=progress.failed,
      steps_per_second=reporter.steps_per_second(),
      wall_seconds=self._seconds(),
    )
    plots.run_plots(self._root)
    workdir_lib.write_summary(self._root, result)
    return result

  def _seconds(self) -> float:
    return self._earlier_seconds + time.perf_counter() - self._began
