"""The start of a run at others: masks cut, weights and statistics rewound.

A level of iterative pruning starts from two runs: one whose masks are cut by
its weights, and one whose weights, statistics and place in the schedule the net
returns to.
"""

import functools
import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.analysis.permutations.transplanting import transplant
from jaxsparse.core import masks as masks_lib
from jaxsparse.core import registry, rounds
from jaxsparse.core.gradients import gradient, masked_leaves, objective
from jaxsparse.core.types import Counts, Params, Probe, PyTree, Scores
from jaxsparse.data.datasets import Split
from jaxsparse.errors import TrainingFailed
from jaxsparse.optim.masked import stored_params
from jaxsparse.optim.reset import reset_statistics
from jaxsparse.runs import inputs, scoring, scoring_checks, sources, units
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.scoring import BatchOf, batch_of
from jaxsparse.runs.sources import Initial
from jaxsparse.training.sharding import fetch
from jaxsparse.training.state import Anchors, TrainState
from jaxsparse.training.task import Task


def cut(experiment: Experiment, data: Split, initial: Initial) -> Initial:
  """Cuts the initial masks as the section `pruning` says.

  Args:
    experiment: the run.
    data: its training split, from `inputs.put`; read where the criterion takes
      the gradient, which is that of the batches of the section `scoring`.
    initial: from `sources.load`.

  Raises:
    ValueError: more weights are to stay than are active.
  """
  if initial.ranked is None or initial.masks is None:
    return initial
  masks = rounds.cut(
    _scores(experiment, data, initial),
    initial.masks,
    experiment.counts,
    **sources.ranking(experiment),
  )
  return initial._replace(masks=masks, ranked=None)


def transplanted(experiment: Experiment, initial: Initial) -> Initial:
  """Permutes the units of the initial masks as `init.transplant` says.

  Args:
    experiment: the run.
    initial: from `sources.load`, its masks cut.

  Raises:
    ValueError: the units of the model cannot be followed.
  """
  if initial.dense is None or initial.masks is None:
    return initial
  masks = transplant(
    initial.masks,
    *initial.dense,
    units.unit_groups(experiment),
    how=experiment.config.init.transplant,
    key=experiment.member.stream('transplant'),
  )
  return initial._replace(masks=masks, dense=None)


def _scores(experiment: Experiment, data: Split, initial: Initial) -> Scores:
  """Returns the scores of the criterion, of the weights that are cut by."""
  spec = experiment.config.pruning.criterion
  criterion = registry.resolve(spec, 'jaxsparse.core.criteria')
  member = experiment.member
  params = masks_lib.apply_masks(initial.ranked, initial.masks)
  grads = None
  if scoring_checks.cuts_by_gradient(experiment.config):
    rows = scoring.rows(experiment)
    examples, places = inputs.picked(data, rows)
    program = _gradient(experiment.task, batch_of(experiment.pixels))
    grads = program(
      params, experiment.counts, examples, places, member.stream('dropout')
    )
  weights = masked_leaves(params, experiment.counts)
  return criterion(weights, grads, key=member.stream('initial_masks'))


@functools.lru_cache(maxsize=8)
def _gradient(task: Task, batches: BatchOf) -> Any:
  """Returns the program of the mean gradient of masked weights on batches."""

  @jax.jit
  def program(
    params: Params, counts: Counts, data: Split, places: Any, key: jax.Array
  ) -> PyTree:
    one = batches(data, places[0])
    _, model_state = jax.eval_shape(task.init, key, one['image'])
    model_state = jax.tree.map(
      lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), model_state
    )
    loss = scoring.loss(task, model_state, batches, data, key)
    return gradient(objective(Probe(loss, places), params, counts))

  return program


def rewound(
  experiment: Experiment, state: TrainState, initial: Initial
) -> TrainState:
  """Returns the first state, at the step and with the statistics of its source.

  Statistics of the optimiser are those of that run where a weight is active,
  and fresh elsewhere.

  Args:
    experiment: the run.
    state: at step 0.
    initial: from `sources.load`.
  """
  state = state._replace(step=jnp.int32(experiment.plan.begin))
  if initial.model_state is not None:
    state = state._replace(model_state=initial.model_state)
  if initial.opt_state is not None:
    masks = experiment.updater.trained(state.mask_state)
    tx = experiment.recipe.optimiser(experiment.member, state.step)
    state = state._replace(
      opt_state=reset_statistics(
        tx, initial.opt_state, state.params, masks, masks
      )
    )
  return state


def check(
  experiment: Experiment,
  initial: Initial,
  state: TrainState,
  loss: Callable[[TrainState], float],
) -> None:
  """Checks that a run starts from the weights of its source, to the bit.

  These are masked and compared, and so is the loss. NaN equals NaN here: that a
  source is not finite is for the loop to report.

  Args:
    experiment: the run.
    initial: from `cut`.
    state: its first.
    loss: of a state, on examples.

  Raises:
    TrainingFailed: weights or losses differ.
  """
  init = experiment.config.init
  if initial.params is None or init.name != 'dense' or init.signs:
    return
  updater = experiment.updater
  expected = state._replace(
    params=stored_params(updater, initial.params, state.mask_state)
  )
  if initial.model_state is not None:
    expected = expected._replace(model_state=initial.model_state)
  losses = loss(expected), loss(state)
  same = jax.tree.map(
    functools.partial(np.array_equal, equal_nan=True),
    (fetch(expected.params), losses[0]),
    (fetch(state.params), losses[1]),
  )
  if not all(jax.tree.leaves(same)):
    raise TrainingFailed(
      f'the run does not start from {init.checkpoint}: the loss of its masked'
      f' weights is {losses[0]!r} there, and {losses[1]!r} here'
    )


def anchors(
  experiment: Experiment,
  workdir: str | os.PathLike[str],
  first: TrainState,
) -> Anchors | None:
  """Loads the nets of the section `anchors`; `None` without any.

  Their number is padded to a power of two by nets of weight 0, so that levels
  share programs.

  Args:
    experiment: the run.
    workdir: of the run.
    first: the first state of the run, which 'start' names.

  Raises:
    ValueError: a run is missing, or is of another model.
  """
  config = experiment.config.anchors
  if not config.runs:
    return None
  if config.runs == 'start':
    nets = [first.params]
  else:
    nets = sources.weights(experiment, config.runs, workdir)
  padding = 2 ** (len(nets) - 1).bit_length() - len(nets)
  weights = [config.weight / len(nets)] * len(nets) + [0.0] * padding
  stacked = jax.tree.map(
    lambda *leaves: jnp.stack(leaves), *nets, *[nets[-1]] * padding
  )
  return Anchors(jnp.asarray(weights, jnp.float32), stacked)
