"""Training of one run, or of several of one family together."""

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from jaxsparse.errors import TrainingFailed
from jaxsparse.runs import checkpoint_meta, inputs, structure
from jaxsparse.runs import plots as plots_lib
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.compiled import compiled
from jaxsparse.runs.failures import not_bad_input, saving
from jaxsparse.runs.open_run import OpenRun, Restored
from jaxsparse.runs.progress import Report, Reporter
from jaxsparse.runs.scores import Scores
from jaxsparse.runs.summary import Summary
from jaxsparse.training import loop
from jaxsparse.training.evaluate import is_finite
from jaxsparse.training.executors import Execution, Executor, OneByOne
from jaxsparse.training.loop import Progress, Record
from jaxsparse.training.metrics import MetricsWriter
from jaxsparse.training.state import TrainState
from jaxsparse.training.vmapped import Vmapped, member_mesh

_log = logging.getLogger(__name__)


class Group:
  """Runs that are trained together, numbered as in `runs`.

  Args:
    runs: one or more, of one family, each in its workdir.
    how: 'one_by_one' or 'vmap'.
  """

  def __init__(self, runs: Sequence[OpenRun], how: str):
    self._runs = runs
    self._began = time.perf_counter()
    # Runs of a family have the same plan, data and programs.
    first = runs[0].experiment
    self._plan = first.plan
    self._mesh = member_mesh() if how == 'vmap' else None
    self._programs = compiled(first, self._mesh).programs
    self._data = inputs.put(first.dataset.train)
    eval_data = inputs.put(first.eval_split)
    self._scores = [
      Scores(run.experiment, self._data, eval_data) for run in runs
    ]
    self._execution = (
      Execution(how, 1, 1)
      if self._mesh is None
      else Execution(how, len(runs), self._mesh.size)
    )
    self._restored: Sequence[Restored] | None = None

  @property
  def name(self) -> str:
    """Name for people: the workdir, and the number of further ones."""
    first, *rest = (run.root.name for run in self._runs)
    return f'{first} and {len(rest)} more' if rest else first

  def train(
    self,
    *,
    plots: bool,
    report: Report | None,
    interrupted: Callable[[], bool],
  ) -> list[Summary | TrainingFailed]:
    """Trains to the end, from the start or from the newest common step.

    Args:
      plots: whether plots are drawn at the end.
      report: takes `(steps done, newest records)`, in place of the display.
      interrupted: called between segments; if true the runs save and stop.

    Returns:
      The summary or the failure of each run.

    Raises:
      Interrupted: stopped by `interrupted`, and saved.
      SaveFailed: something could not be written.
    """
    with saving(self.name):
      return self._train(plots, report, interrupted)

  def _train(
    self, plots: bool, report: Report | None, interrupted: Callable[[], bool]
  ) -> list[Summary | TrainingFailed]:
    if self._mesh is not None:
      _log.info(
        '%s: %d runs together by vmap, devices: %d',
        *(self.name, len(self._runs), self._execution.devices),
      )
    states, progress = self._start_or_resume()
    begun = 0 if progress is None else progress[0].step
    reporter = Reporter(
      self.name, begun, self._plan.num_steps, len(self._runs), report
    )
    try:
      with contextlib.ExitStack() as stack:
        writers = [
          stack.enter_context(
            MetricsWriter(run.root, step=-1 if progress is None else begun)
          )
          for run in self._runs
        ]
        experiments = [run.experiment for run in self._runs]
        training = stack.enter_context(inputs.training(self._data, experiments))
        stack.enter_context(not_bad_input())
        for run in self._runs:
          stack.callback(run.checkpoints.wait)
        executor = self._executor(states, training)
        hooks = loop.Hooks(
          evaluate=self._evaluate,
          probe=lambda i, state: self._scores[i].probe(state),
          record=lambda i, record: writers[i].write(record),
          healthy=is_finite,
          save=self._save,
          last_good=lambda i: self._runs[i].last_good(self._data),
          report=reporter,
          interrupted=interrupted,
        )
        progress = loop.run(
          executor, plan=self._plan, hooks=hooks, progress=progress
        )
    except loop.NonFiniteLoss as error:
      return [
        run.failure(step)
        for run, step in zip(self._runs, error.steps, strict=True)
      ]
    finally:
      reporter.close()
    speed = reporter.steps_per_second() / len(self._runs)
    return [
      self._finish(i, executor, one.failed, speed, plots)
      for i, one in enumerate(progress)
    ]

  def _start_or_resume(self) -> tuple[list[TrainState], list[Progress] | None]:
    self._restored = newest_common(self._runs)
    if self._restored is None:
      return [run.start(self._data) for run in self._runs], None
    step, metas = self._restored[0].step, [one.meta for one in self._restored]
    if step < self._plan.num_steps:
      checkpoint_meta.warn_of_move(metas, self._execution)
    progress = []
    for run, meta in zip(self._runs, metas, strict=True):
      _log.info('%s: going on from step %d', run.root.name, step)
      config = run.experiment.config
      progress.append(checkpoint_meta.progress(step, meta, config))
    return [one.state for one in self._restored], progress

  def _executor(
    self, states: Sequence[TrainState], training: inputs.Training
  ) -> Executor:
    # Steps do not read `init`, and with it they would compile again for each
    # initialisation.
    members = [run.experiment.member._replace(init={}) for run in self._runs]
    arguments: Any = (self._programs, states, members)
    if self._mesh is None:
      return OneByOne(*arguments, **training._asdict())
    return Vmapped(*arguments, mesh=self._mesh, **training._asdict())

  def _evaluate(self, i: int, state: TrainState) -> Record:
    return self._scores[i].record(state) | structure.of_state(state)

  def _save(self, i: int, state: TrainState, progress: Progress) -> None:
    """Saves a run, for the most part in the background of the next steps."""
    run = self._runs[i]
    meta = checkpoint_meta.make(
      progress, run.experiment.config, self._seconds(i), self._execution
    )
    run.checkpoints.save(progress.step, state, meta)

  def _seconds(self, i: int) -> float:
    """Returns a run's wall seconds, divided among those trained together."""
    elapsed = (time.perf_counter() - self._began) / len(self._runs)
    earlier = self._restored[i].meta['wall_seconds'] if self._restored else 0.0
    return earlier + elapsed

  def _finish(
    self,
    i: int,
    executor: Executor,
    failed: int | None,
    steps_per_second: float,
    plots: bool,
  ) -> Summary | TrainingFailed:
    run, restored = self._runs[i], self._restored and self._restored[i]
    if failed is not None:
      return run.failure(failed)
    execution = self._execution
    if restored and restored.step == self._plan.num_steps:
      # Only the summary was missing: no step was executed here.
      execution = checkpoint_meta.execution(restored.meta)
    result = run.summarise(
      executor.state(i),
      self._scores[i],
      steps_per_second=steps_per_second,
      wall_seconds=self._seconds(i),
      execution=execution,
    )
    if plots:
      plots_lib.run_plots(run.root)
    workdir_lib.write_summary(run.root, result)
    return result


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
