"""The first state of a run."""

from collections.abc import Callable

import jax
import numpy as np

from jaxsparse.core import controls
from jaxsparse.data.datasets import Split
from jaxsparse.runs import (
  inputs,
  rewinding,
  scoring,
  scoring_checks,
  sources,
)
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.compiled import compiled
from jaxsparse.runs.open_run import OpenRun
from jaxsparse.training import processes
from jaxsparse.training.sharding import Layout
from jaxsparse.training.state import TrainState


def opened(
  run: OpenRun,
  data: Split,
  loss: Callable[[TrainState], float],
  layout: Layout | None = None,
) -> TrainState:
  """Makes the first state of an open run, where its programs take it.

  Args:
    run: not begun, or begun without a checkpoint.
    data: its training split, from `inputs.put`.
    loss: of a state, on examples.
    layout: of a run over several devices.

  Raises:
    ValueError: a source of the run does not fit it.
    TrainingFailed: it does not start from the weights that it should.
  """

  def placed(state: TrainState) -> TrainState:
    return layout.place(state) if layout else state

  experiment = run.experiment
  initial = run.initial or sources.load(experiment, run.root, run.abstract)
  if layout is not None:
    initial = layout.replicate(initial)
  initial = rewinding.cut(experiment, data, initial)
  initial = rewinding.transplanted(experiment, initial)
  state = placed(processes.from_first(start(experiment, data, initial)))
  rewinding.check(experiment, initial, state, lambda one: loss(placed(one)))
  return state


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
