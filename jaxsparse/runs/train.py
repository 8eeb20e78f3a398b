"""The train driver: one config, one workdir, from the start or from a kill."""

import os
from collections.abc import Callable
from typing import Any

from jaxsparse.runs.build import Experiment, build
from jaxsparse.runs.compiled import abstract_state
from jaxsparse.runs.population import choose_carry
from jaxsparse.runs.progress import Report
from jaxsparse.runs.run import Run
from jaxsparse.runs.run import SaveFailed as SaveFailed
from jaxsparse.runs.share import Place, claimed
from jaxsparse.runs.share import TrainingFailed as TrainingFailed
from jaxsparse.runs.summary import Summary


def train(
  config: Any,
  workdir: str | os.PathLike[str],
  *,
  carry: str = 'auto',
  plots: bool = True,
  report: Report | None = None,
  interrupted: Callable[[], bool] = lambda: False,
) -> Summary:
  """Runs `config` in `workdir` to the end, or goes on where it was.

  Args:
    config: a `ConfigDict` made by `config.default_config`.
    workdir: made if need be. A finished run there is not repeated.
    carry: how replicates are carried: 'auto', 'one_by_one' or 'vmap'.
    plots: whether plots are drawn in the end.
    report: takes `(steps done, newest records)`; nothing is shown then.
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
  return train_built(
    build(config),
    workdir,
    carry=carry,
    plots=plots,
    report=report,
    interrupted=interrupted,
  )


def train_built(
  experiment: Experiment,
  workdir: str | os.PathLike[str],
  *,
  carry: str = 'auto',
  plots: bool = True,
  report: Report | None = None,
  interrupted: Callable[[], bool] = lambda: False,
) -> Summary:
  """As `train`, of a config that `build` has been through."""
  # Traced, not run: what the method's own init refuses, it refuses here.
  abstract = abstract_state(experiment)
  how = _how(experiment, carry)
  with claimed(experiment, workdir) as place:
    if not isinstance(place, Place):
      return place
    run = Run([place], abstract, how)
    (result,) = run.run(plots=plots, report=report, interrupted=interrupted)
  if isinstance(result, Exception):
    raise result
  return result


def _how(experiment: Experiment, carry: str) -> str:
  """As chosen; a run of one member is no population, unless it is told to."""
  how = choose_carry(experiment, carry)
  alone = carry == 'auto' and len(experiment.members) == 1
  return 'one_by_one' if alone else how
