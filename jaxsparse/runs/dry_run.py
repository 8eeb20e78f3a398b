"""A few steps of a run on noise, in a temporary directory.

The data set may be absent: `data.noise` takes its place, in batches of two, as
the batch of a large recipe may not fit a small machine. The run is resumed two
steps before a mask step from a checkpoint of its initial state, by the code of
any run: it takes the steps, saves, evaluates, and is summarised.
"""

import dataclasses
import tempfile
from collections.abc import Sequence

import numpy as np

from jaxsparse.config.run_config import PruningConfig, ScoringConfig
from jaxsparse.data import noise
from jaxsparse.errors import TrainingFailed
from jaxsparse.runs import checkpoint_meta, inputs, reading, sources
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.checks import SCHEDULED
from jaxsparse.runs.compiled import abstract_state
from jaxsparse.runs.group import start
from jaxsparse.runs.open_run import OpenRun, opened
from jaxsparse.runs.progress import hushed
from jaxsparse.runs.summary import columns
from jaxsparse.runs.train import train_built
from jaxsparse.training.executors import Execution
from jaxsparse.training.loop import Progress, Record

# Two, so that BatchNorm has something to normalise.
EXAMPLES = 2
_OPTIMISER_STEPS = 2
STEPS = f'{_OPTIMISER_STEPS} optimiser steps'


def take(
  experiment: Experiment, initial: sources.Initial = sources.ITS_OWN
) -> tuple[float, ...]:
  """Takes two optimiser steps and a mask step on noise; returns the losses.

  Args:
    experiment: the run; its data set is not read.
    initial: what to start from, from `sources.load`; by default the run draws
      its own.

  Raises:
    TrainingFailed: a loss or a weight is not finite.
    BrokenInvariant: the masks are not what the method promises.
  """
  losses: list[float] = []

  def report(_: int, records: Sequence[Record]) -> None:
    losses.extend(record['loss'] for record in records if 'loss' in record)

  if experiment.config.pruning.level:
    # A cut may need the data: masks of as many weights are drawn.
    initial = initial._replace(masks=None, ranked=None)
  step = mask_step(experiment)
  begin = 0 if step is None else max(step - _OPTIMISER_STEPS, 0)
  small = _small(experiment, begin, with_masks=initial.masks is not None)
  with hushed(), tempfile.TemporaryDirectory() as folder:
    _save_start(small, folder, begin, initial)
    try:
      train_built(small, folder, plots=False, report=report)
    except TrainingFailed as error:
      raise TrainingFailed(str(error).partition(';')[0]) from None
  return tuple(losses)


def mask_step(experiment: Experiment) -> int | None:
  """Returns the mask step of a dry run; `None` if the masks never change.

  It is the first, at which most is dropped and grown, or the last of a method
  that prunes step by step, which ends at its target.
  """
  steps = experiment.plan.mask_steps
  scheduled = experiment.updater.facts.invariant in SCHEDULED
  return steps[-1 if scheduled else 0] if steps else None


def _small(
  experiment: Experiment, begin: int, *, with_masks: bool
) -> Experiment:
  """Returns the run on noise, up to the end of the steps from `begin` on.

  Its learning rate is in proportion to its batch.
  """
  config, plan, step = experiment.config, experiment.plan, mask_step(experiment)
  count = _OPTIMISER_STEPS + (step is not None)
  if step is not None:
    plan = plan._replace(start_step=step, stop_step=step + 1)
  data = noise(experiment.dataset, EXAMPLES * count)
  rows = np.arange(EXAMPLES * count, dtype=np.int32).reshape(count, EXAMPLES)
  config = dataclasses.replace(
    config,
    batch_size=EXAMPLES,
    loggers=(),
    scoring=ScoringConfig(),
    pruning=PruningConfig(),
    anchors=dataclasses.replace(
      config.anchors, runs='start' if config.anchors.runs else ''
    ),
    eval=dataclasses.replace(config.eval, batch_size=EXAMPLES),
    init=dataclasses.replace(
      config.init,
      checkpoint='',  # The sources may be absent.
      masks='',
      signs='',
      counts='updater',
      start_step=0,
      with_statistics=False,
      with_optimizer=False,
      shuffle_masks=config.init.shuffle_masks and with_masks,
    ),
  )
  optimizer = experiment.member.optimizer
  share = np.float32(min(1.0, EXAMPLES / experiment.config.batch_size))
  rate = {'learning_rate': optimizer['learning_rate'] * share}
  return experiment._replace(
    config=config,
    dataset=data,
    eval_split=reading.eval_split(config.eval.split, data),
    # Too few examples to divide.
    recipe=experiment.recipe._replace(accumulation=1),
    member=experiment.member._replace(optimizer=optimizer | rate),
    plan=plan._replace(num_steps=begin + count, log_interval=1, begin=begin),
    batches=lambda first, last: rows[(np.arange(first, last) - begin) % count],
  )


def _save_start(
  experiment: Experiment, folder: str, begin: int, initial: sources.Initial
) -> None:
  """Saves the initial state of a run as its checkpoint of step `begin`."""
  state = start(experiment, inputs.put(experiment.dataset.train), initial)
  execution = Execution('one_by_one', 1, 1)
  meta = checkpoint_meta.make(
    Progress(begin), experiment.config, 0.0, execution
  )
  with opened(experiment, folder, abstract_state(experiment)) as run:
    if isinstance(run, OpenRun):
      run.checkpoints.save(begin, state, meta)
      run.checkpoints.wait()


def text(experiment: Experiment, losses: Sequence[float]) -> str:
  """Formats the report of a dry run with these losses."""
  step = mask_step(experiment)
  values = ', '.join(f'{loss:.4g}' for loss in losses)
  return columns(
    [
      ('taken', STEPS + ('' if step is None else f' and mask step {step:,}')),
      ('on', on(experiment.config.batch_size)),
      ('losses', f'{values}: finite, as are all weights'),
      ('masks', 'hold the counts that the method promises'),
    ]
  )


def on(batch_size: int) -> str:
  """Describes the batches of noise in place of those of `batch_size`."""
  return (
    f'made-up batches of {EXAMPLES} at a learning rate in proportion: the batch'
    f' of {batch_size:,} may not fit this machine'
  )
