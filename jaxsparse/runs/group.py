"""Training of one run, or of several of one family together."""

import contextlib
import logging
import pathlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import SingleDeviceSharding

from jaxsparse.config.run_config import RunConfig
from jaxsparse.core import controls
from jaxsparse.data.datasets import Split
from jaxsparse.errors import Interrupted, TrainingFailed, saving
from jaxsparse.runs import (
  checkpoint_meta,
  costs,
  inputs,
  loggers,
  rewinding,
  scoring,
  scoring_checks,
  sources,
  structure,
)
from jaxsparse.runs import plots as plots_lib
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.compiled import compiled
from jaxsparse.runs.open_run import (
  OpenRun,
  Restored,
  newest_common,
  not_bad_input,
)
from jaxsparse.runs.progress import Report, Reporter
from jaxsparse.runs.scores import Scores
from jaxsparse.runs.summary import Summary, summarise
from jaxsparse.training import ahead, loop, metrics, processes
from jaxsparse.training.evaluate import is_finite
from jaxsparse.training.executors import Execution, Executor
from jaxsparse.training.loop import Progress, Record
from jaxsparse.training.one_by_one import OneByOne
from jaxsparse.training.sharding import Layout, from_first
from jaxsparse.training.state import Anchors, Member, TrainState
from jaxsparse.training.vmapped import Vmapped, member_mesh

_log = logging.getLogger(__name__)


class Group:
  """Runs that are trained together, numbered as in `runs`.

  Args:
    runs: one or more, of one family, each in its workdir.
    how: 'one_by_one' or 'vmap'.
    layout: of a run over several devices.
  """

  def __init__(
    self, runs: Sequence[OpenRun], how: str, layout: Layout | None = None
  ):
    self._runs = runs
    self._began = time.perf_counter()
    # Runs of a family have the same plan, data and programs.
    first = runs[0].experiment
    self._plan = first.plan
    self._mesh = member_mesh() if how == 'vmap' else None
    self._layout = layout
    one_run = layout if self._mesh is None else None
    self._programs = compiled(first, self._mesh, one_run).programs
    self._data = inputs.put(first.dataset.train, layout)
    eval_data = inputs.put(first.eval_split, layout)
    self._scores = []
    for run in runs:
      programs = compiled(run.experiment)
      scores = Scores(
        run.experiment,
        self._data,
        eval_data,
        evaluate=programs.evaluate,
        probe=programs.probe,
        layout=layout,
      )
      self._scores.append(scores)
    mesh = self._mesh or (layout and layout.mesh)
    width = 1 if self._mesh is None else len(runs)
    self._execution = Execution(how, width, mesh.size if mesh else 1)
    self._restored: Sequence[Restored] | None = None

  @property
  def name(self) -> str:
    """Name for people: the workdir, and the number of further ones."""
    first, *rest = (run.root.name for run in self._runs)
    return f'{first} and {len(rest)} more' if rest else first

  def train(
    self, plots: bool, report: Report | None, interrupted: Callable[[], bool]
  ) -> list[Summary | TrainingFailed]:
    """Trains to the end, from the start or from the newest common step.

    Arguments and errors are those of `train.train`; but for the failure of a
    run, which is returned in place of its summary.
    """
    with saving(self.name), ahead.threads() as threads:
      self._restored = newest_common(self._runs)
      self._ahead(threads)
      return self._train(plots, report, interrupted)

  def _ahead(self, threads: ahead.Threads) -> None:
    """Compiles what the run will call, while the state of step 0 is made."""
    if self._layout is not None:
      return  # Compiled when called.
    first = self._runs[0]
    experiment, state = first.experiment, _on_device(first.abstract)
    self._scores[0].ahead(threads, state)
    structure.dead_units_in.ahead(threads, state.mask_state.masks)
    ended = self._restored and self._restored[0].step == self._plan.num_steps
    shapes_known = not experiment.recipe.anchors and not experiment.streamed
    if self._mesh is None and shapes_known and not ended:
      self._programs.ahead(
        threads,
        state,
        _member(experiment),
        self._data,
        experiment.config.batch_size,
        bool(self._plan.mask_steps),
      )

  def _train(
    self, plots: bool, report: Report | None, interrupted: Callable[[], bool]
  ) -> list[Summary | TrainingFailed]:
    if self._mesh is not None:
      _log.info(
        '%s: %d runs together by vmap, devices: %d',
        *(self.name, len(self._runs), self._execution.devices),
      )
    states, progress = self._start_or_resume()
    begun = self._plan.begin if progress is None else progress[0].step
    last = -1 if progress is None else begun
    experiments = [run.experiment for run in self._runs]
    if report is None and not processes.is_first():
      report = _unseen
    reporter = Reporter(
      self.name, begun, self._plan.num_steps, len(self._runs), report
    )
    try:
      with contextlib.ExitStack() as stack:
        logs = [
          stack.enter_context(_logs(one.config, run.root, last))
          for one, run in zip(experiments, self._runs, strict=True)
        ]
        training = stack.enter_context(
          inputs.training(self._data, experiments, self._layout)
        )
        stack.enter_context(not_bad_input())
        for run in self._runs:
          stack.callback(run.checkpoints.wait)
        # Not to wait for a save under way, in which others might be missed.
        together = processes.ending_together((Interrupted, loop.NonFiniteLoss))
        stack.enter_context(together)
        executor = self._executor(states, training)
        progress = loop.run(
          executor,
          plan=self._plan,
          hooks=self._hooks(logs, reporter, interrupted),
          progress=progress,
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

  def _hooks(
    self,
    logs: Sequence[loggers.Logs],
    report: Report,
    interrupted: Callable[[], bool],
  ) -> loop.Hooks:
    return loop.Hooks(
      evaluate=self._evaluate,
      probe=lambda i, state: self._scores[i].probe(state),
      record=lambda i, record: logs[i].write(self._with_rate(i, record)),
      healthy=is_finite,
      save=lambda *saved: self._save(logs[saved[0]], *saved),
      last_good=self._last_good,
      report=report,
      interrupted=interrupted,
    )

  def _start_or_resume(self) -> tuple[list[TrainState], list[Progress] | None]:
    if self._restored is None:
      return [self._start(i) for i in range(len(self._runs))], None
    step, metas = self._restored[0].step, [one.meta for one in self._restored]
    if step < self._plan.num_steps:
      checkpoint_meta.warn_of_move(metas, self._execution)
    progress = []
    for run, meta in zip(self._runs, metas, strict=True):
      _log.info('%s: going on from step %d', run.root.name, step)
      config = run.experiment.config
      progress.append(checkpoint_meta.progress(step, meta, config))
    return [one.state for one in self._restored], progress

  def _start(self, i: int) -> TrainState:
    run = self._runs[i]
    initial = run.initial or sources.load(
      run.experiment, run.root, run.abstract
    )
    if self._layout is not None:
      initial = self._layout.replicate(initial)
    initial = rewinding.cut(run.experiment, self._data, initial)
    initial = rewinding.transplanted(run.experiment, initial)
    state = start(run.experiment, self._data, initial)
    state = self._placed(from_first(state))
    rewinding.check(
      run.experiment,
      initial,
      state,
      lambda one: self._scores[i].loss(self._placed(one)),
    )
    return state

  def _placed(self, state: TrainState) -> TrainState:
    """Puts the leaves of a state where the programs leave them."""
    return self._layout.place(state) if self._layout else state

  def _last_good(self, i: int) -> TrainState:
    return self._runs[i].last_good() or self._start(i)

  def _executor(
    self, states: Sequence[TrainState], training: inputs.Training
  ) -> Executor:
    members = [
      _member(run.experiment)._replace(anchors=self._anchors(run, state))
      for run, state in zip(self._runs, states, strict=True)
    ]
    arguments: Any = (self._programs, states, members)
    if self._mesh is None:
      return OneByOne(*arguments, **training._asdict())
    return Vmapped(*arguments, mesh=self._mesh, **training._asdict())

  def _anchors(self, run: OpenRun, state: TrainState) -> Anchors | None:
    """Loads the anchors of a run, which begins or goes on with `state`."""
    begin = self._plan.begin
    if int(state.step) > begin and run.experiment.config.anchors.runs:
      state, _ = run.checkpoints.restore(begin, run.abstract)
    anchors = rewinding.anchors(run.experiment, run.root, state)
    return self._layout.replicate(anchors) if self._layout else anchors

  def _with_rate(self, i: int, record: Record) -> Record:
    """Adds the learning rate to what is logged of the last step."""
    if 'loss' not in record:
      return record
    return record | {'learning_rate': self._scores[i].last_rate(record['step'])}

  def _evaluate(self, i: int, state: TrainState) -> Record:
    return self._scores[i].record(state) | structure.of_state(state)

  def _save(
    self, logs: loggers.Logs, i: int, state: TrainState, progress: Progress
  ) -> None:
    """Saves a run, for the most part in the background of the next steps."""
    logs.sync()
    run = self._runs[i]
    meta = checkpoint_meta.make(
      progress, run.experiment.config, self._seconds(i), self._execution
    )
    run.checkpoints.save(progress.step, state, meta)
    if processes.several() and len(self._runs) > 1:
      # Saves under way at a time would wait for one another's barriers.
      run.checkpoints.wait()

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
    experiment, state = run.experiment, executor.state(i)
    scores, active = self._scores[i].final(state)
    records = metrics.read(run.root / workdir_lib.METRICS)
    result = summarise(
      experiment,
      scores=scores,
      active=active,
      steps_per_second=steps_per_second,
      wall_seconds=self._seconds(i),
      execution=execution,
      flops=costs.of_run(experiment, state, active=active, records=records),
    ) | structure.of_run(experiment, state, records)
    if processes.is_first():
      if plots:
        plots_lib.run_plots(run.root)
      workdir_lib.write_summary(run.root, result)
    processes.any_of(False)  # The others go on once it is written.
    return result


def _unseen(done: int, records: Sequence[Record]) -> None:
  """Reports nothing: the first process does."""


def _logs(
  config: RunConfig, root: pathlib.Path, step: int
) -> contextlib.AbstractContextManager[loggers.Logs]:
  """Opens what writes the records of a run; one process does."""
  if processes.is_first():
    return loggers.opened(config, root, step=step)
  nothing = loggers.Logs(lambda record: None, lambda: None)
  return contextlib.nullcontext(nothing)


def _member(experiment: Experiment) -> Member:
  # Steps do not read `init`, nor its draws, and with them they would compile
  # again for each initialisation.
  member = experiment.member
  draws = {
    k: v
    for k, v in member.draws.items()
    if k in ('augment', 'dropout', 'masks')
  }
  return member._replace(init={}, draws=draws)


def _on_device(abstract: TrainState) -> TrainState:
  """Returns the types of a state that is committed to the default device."""
  sharding = SingleDeviceSharding(jax.local_devices()[0])
  return jax.tree.map(lambda leaf: leaf.update(sharding=sharding), abstract)


def start(
  experiment: Experiment, data: Split, initial: sources.Initial
) -> TrainState:
  """Returns the first state of a run.

  Args:
    experiment: the run.
    data: its training split, from `inputs.put`.
    initial: what to start from, from `sources.load` and `rewinding.cut`.
  """
  params, masks, signs = initial.params, initial.masks, initial.signs
  member = experiment.member
  if experiment.config.init.shuffle_masks:
    masks = controls.shuffled(
      masks,
      key=member.stream('shuffled_masks'),
      scope=experiment.config.init.shuffle_scope,
    )
  rows = scoring.rows(experiment)
  data, places = inputs.picked(data, rows)
  pairs = np.stack([places, rows], axis=-1)
  state = compiled(experiment).init(member, data, pairs, params, masks, signs)
  if masks is None:
    updater = experiment.updater
    scoring_checks.check_scores(experiment.config, updater, state)
  state = rewinding.rewound(experiment, state, initial)
  # Outputs of a program are committed to its device, and a program compiles
  # again for arguments that are not.
  return jax.tree.map(lambda x: jax.device_put(x, x.sharding), state)
