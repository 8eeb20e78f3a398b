"""A few real steps of a run without its data.

The data set may be absent. The programs of the run are compiled for a few
made-up examples, as the batch of a large recipe may not fit a small machine,
and take two optimiser steps and a mask step. Nothing is written.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core.masks import random_masks
from jaxsparse.data import noise, resident
from jaxsparse.data.datasets import Split
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.checks import SCHEDULED
from jaxsparse.runs.compiled import compiled
from jaxsparse.runs.failures import TrainingFailed
from jaxsparse.runs.sources import Initial
from jaxsparse.runs.start import start
from jaxsparse.runs.summary import columns
from jaxsparse.training.evaluate import checked_active, is_finite
from jaxsparse.training.state import Member, TrainState

# Two, so that BatchNorm has something to normalise.
EXAMPLES = 2
_OPTIMISER_STEPS = 2
STEPS = f'{_OPTIMISER_STEPS} optimiser steps'


class Taken(NamedTuple):
  """The steps of a dry run that passed all of its checks.

  Attributes:
    losses: of each step, in nats.
    mask_step: the number of the last step, a mask step; `None` if the masks
      never change.
  """

  losses: tuple[float, ...]
  mask_step: int | None


def stand_in(experiment: Experiment) -> Initial:
  """Returns random masks in place of those of another run, which may be absent.

  There are no params: the run draws its own.
  """
  if not experiment.config.init.masks:
    return None, None
  abstract, counts = experiment.params, experiment.counts
  return None, random_masks(abstract, counts, key=jax.random.key(0))


def take(experiment: Experiment, initial: Initial) -> Taken:
  """Takes two optimiser steps and a mask step on made-up examples.

  The mask step is the first, at which most is dropped and grown, or the last
  of a method that prunes step by step, which ends at its target.

  Args:
    experiment: the run; its data set is not read.
    initial: params and masks to start from, from `sources.load`.

  Raises:
    TrainingFailed: a loss or a weight is not finite.
    BrokenInvariant: the masks are not what the method promises.
  """
  size, mask_step = (_OPTIMISER_STEPS + 1) * EXAMPLES, _mask_step(experiment)
  data = resident.put(noise(experiment.dataset, size).train)
  state, losses = _stepped(experiment, initial, data, mask_step)
  if not (np.all(np.isfinite(losses)) and is_finite(state)):
    listing = ', '.join(f'{loss:.4g}' for loss in losses)
    raise TrainingFailed(
      'a loss or a weight of the dry run is not finite; the losses of its'
      f' {len(losses)} steps: {listing}'
    )
  updater = experiment.recipe.updater(experiment.member)
  checked_active(state, updater, experiment.target_counts, final=True)
  return Taken(tuple(losses), mask_step)


def _stepped(
  experiment: Experiment, initial: Initial, data: Split, mask_step: int | None
) -> tuple[TrainState, list[float]]:
  """Returns the state after the steps, and their losses."""
  steps = _OPTIMISER_STEPS
  rows = np.arange(len(data.labels), dtype=np.int32).reshape(-1, EXAMPLES)
  small = experiment._replace(batches=lambda *_: rows[:1])
  program, member = compiled(experiment), _member(experiment)
  state = start(small, data, initial)
  state, metrics = program.programs.advance(state, member, data, rows[:steps])
  losses = metrics['loss'].tolist()
  if mask_step is not None:
    step = jax.device_put(jnp.int32(mask_step), state.step.sharding)
    state, metrics = program.programs.update_masks(
      state._replace(step=step), member, data, rows[steps:]
    )
    losses += metrics['loss'].tolist()
  return state, losses


def _member(experiment: Experiment) -> Member:
  """Returns the member, its learning rate scaled to the smaller batch."""
  member = experiment.member
  share = np.float32(min(1.0, EXAMPLES / experiment.config.batch_size))
  rate = member.optimizer['learning_rate'] * share
  return member._replace(optimizer=member.optimizer | {'learning_rate': rate})


def _mask_step(experiment: Experiment) -> int | None:
  steps = experiment.plan.mask_steps
  if not steps:
    return None
  updater = experiment.recipe.updater(experiment.member)
  return steps[-1] if updater.facts.invariant in SCHEDULED else steps[0]


def text(experiment: Experiment, taken: Taken) -> str:
  """Formats the report of a dry run."""
  steps = STEPS
  if taken.mask_step is not None:
    steps += f' and mask step {taken.mask_step:,}'
  losses = ', '.join(f'{loss:.4g}' for loss in taken.losses)
  return columns(
    [
      ('taken', steps),
      ('on', on(experiment.config.batch_size)),
      ('losses', f'{losses}: finite, as are all weights'),
      ('masks', 'hold the counts that the method promises'),
    ]
  )


def on(batch_size: int) -> str:
  """Describes the made-up batches in place of those of `batch_size`."""
  return (
    f'made-up batches of {EXAMPLES} at a learning rate in proportion: the batch'
    f' of {batch_size:,} may not fit this machine'
  )
