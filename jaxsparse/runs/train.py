"""The train driver: one config, one workdir, from the start or resumed."""

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
  """Trains `config` in `workdir` to the end, from the start or resumed.

  Args:
    config: a `ConfigDict` made by `config.default_config`.
    workdir: created if missing. A finished run there is not repeated.
    carry: how replicates execute: 'auto', 'one_by_one' or 'vmap'.
    plots: whether plots are drawn at the end.
    report: takes `(steps done, newest records)`, in place of the display.
    interrupted: called between segments; if true the run saves and stops.

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
  """Trains an experiment from `build`; arguments and errors as for `train`."""
  # Traced, not run: errors of the method's own init are raised here.
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
  """Chooses how members execute: a single one by vmap only if requested."""
  how = choose_carry(experiment, carry)
  alone = carry == 'auto' and len(experiment.members) == 1
  return 'one_by_one' if alone else how
