"""The hidden units of a run's model, which may change places."""

import functools

import jax

from jaxsparse.analysis.permutations import following
from jaxsparse.analysis.permutations.groups import Groups
from jaxsparse.runs.build import Experiment
from jaxsparse.training.task import Task


def unit_groups(experiment: Experiment) -> Groups:
  """Finds the groups of units that can change places, see `permutations`.

  Raises:
    ValueError: the units of the model cannot be followed.
  """
  return _unit_groups(experiment.task, experiment.example[0])


@functools.lru_cache(maxsize=8)
def _unit_groups(task: Task, inputs: jax.ShapeDtypeStruct) -> Groups:
  """Follows the units once for all runs of a model."""
  params, model_state = jax.eval_shape(task.init, jax.random.key(0), inputs)
  return following.unit_groups(task.logits, params, model_state, inputs)
