"""The train driver: one config in one workdir, or several runs together."""

import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any

from jaxsparse.errors import WorkdirBusy
from jaxsparse.runs.build import Experiment, build
from jaxsparse.runs.compiled import abstract_state, family
from jaxsparse.runs.group import Group
from jaxsparse.runs.open_run import OpenRun, opened
from jaxsparse.runs.progress import Report
from jaxsparse.runs.summary import Summary
from jaxsparse.training import processes
from jaxsparse.training.sharding import DEFAULT, Devices, spread
from jaxsparse.training.sharding import layout as layout_of


def train(
  config: Any,
  workdir: str | os.PathLike[str],
  *,
  plots: bool = True,
  report: Report | None = None,
  interrupted: Callable[[], bool] = lambda: False,
  devices: Devices = DEFAULT,
) -> Summary:
  """Trains `config` in `workdir` to the end, from the start or resumed.

  Args:
    config: a `ConfigDict` made by `config.default_config`.
    workdir: created if missing. A finished run there is not repeated.
    plots: whether plots are drawn at the end.
    report: takes `(steps done, newest records)`, in place of the display.
    interrupted: called between segments; if true the run saves and stops.
    devices: over which the batch and the net are divided. In a run of several
      processes all call this function.

  Returns:
    The content of `summary.json`.

  Raises:
    ValueError: bad input; nothing was started.
    WorkdirBusy: another process runs there.
    Interrupted: stopped by `interrupted`, and saved.
    TrainingFailed: the loss is not finite; the last good checkpoint is kept.
    SaveFailed: a checkpoint could not be written.
  """
  experiment = processes.in_turn(lambda: build(config))
  with processes.watched(interrupted) as agreed:
    return train_built(
      experiment,
      workdir,
      plots=plots,
      report=report,
      interrupted=agreed,
      devices=devices,
    )


def train_built(
  experiment: Experiment,
  workdir: str | os.PathLike[str],
  *,
  plots: bool = True,
  report: Report | None = None,
  interrupted: Callable[[], bool] = lambda: False,
  devices: Devices = DEFAULT,
) -> Summary:
  """Trains an experiment from `build`; arguments and errors as for `train`.

  Of several processes, all must be `interrupted` after the same segment.
  """
  # Traced, not run: errors of the method's own init are raised here.
  abstract = abstract_state(experiment)
  config = experiment.config
  layout = layout_of(devices, config.batch_size, config.compute.accumulation)
  if layout is not None:
    abstract = layout.abstract(abstract)
  with opened(experiment, workdir, abstract) as run:
    if not isinstance(run, OpenRun):
      return run
    group = Group([run], 'one_by_one', layout)
    (result,) = group.train(plots, report, interrupted)
  if isinstance(result, Exception):
    raise result
  return result


def train_together(
  members: Sequence[tuple[Experiment, str | os.PathLike[str]]],
  *,
  report: Report | None = None,
  interrupted: Callable[[], bool] = lambda: False,
) -> list[Summary | Exception]:
  """Trains runs of one `family` by vmap, each in its own workdir.

  They continue from the newest step of which all have a good checkpoint, and
  start over where there is none. A run that fails is saved along with the
  others, at its last good state. The bits of a run depend on the number of
  runs; those that are finished already do not count.

  Args:
    members: experiments with their workdirs.
    report: takes `(steps done, newest records)`, in place of the display.
    interrupted: called between segments; if true the runs save and stop. All
      processes must have it after the same one.

  Returns:
    For each run its summary, or the exception that prevented it: `ValueError`
    (bad input), `WorkdirBusy`, `TrainingFailed`.

  Raises:
    ValueError: they are not of one family.
    Interrupted: stopped by `interrupted`, and saved.
    SaveFailed: a checkpoint could not be written.
  """
  if len({family(experiment) for experiment, _ in members}) > 1:
    raise ValueError('runs that are trained together must be of one family')
  abstract = abstract_state(members[0][0])
  if layout := spread():
    abstract = layout.abstract(abstract)
  results: dict[int, Summary | Exception] = {}
  runs: dict[int, OpenRun] = {}
  with contextlib.ExitStack() as stack:
    for i, (experiment, workdir) in enumerate(members):
      try:
        run = stack.enter_context(opened(experiment, workdir, abstract))
        if isinstance(run, OpenRun):
          # The others need not wait for its repair.
          processes.in_all(run.checkpoints.check)
          runs[i] = run
        else:
          results[i] = run
      except (ValueError, WorkdirBusy) as error:
        results[i] = error
    if runs:
      group = Group(list(runs.values()), 'vmap', layout)
      trained = group.train(False, report, interrupted)
      results.update(zip(runs, trained, strict=True))
  return [results[i] for i in range(len(members))]
