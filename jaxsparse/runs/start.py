"""The state of a run at step 0."""

import jax

from jaxsparse.core import masks as masks_lib
from jaxsparse.core import prng
from jaxsparse.data.datasets import Split
from jaxsparse.runs import inputs
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.compiled import compiled
from jaxsparse.runs.sources import Initial
from jaxsparse.training.state import TrainState


def start(experiment: Experiment, data: Split, initial: Initial) -> TrainState:
  """Returns the state of a run at step 0.

  Args:
    experiment: the run.
    data: its training split, from `inputs.put`.
    initial: params and masks to start from, from `sources.load`.
  """
  params, masks = initial
  member = experiment.member
  if experiment.config.init.shuffle_masks:
    masks = masks_lib.random_masks(
      experiment.params,
      masks_lib.active(masks),
      key=prng.stream(member.key, 'shuffled_masks'),
    )
  data, rows = inputs.picked(data, experiment.batches(0, 1))
  state = compiled(experiment).init(member, data, rows, params, masks)
  # Outputs of a program are committed to its device, and a program compiles
  # again for arguments that are not.
  return jax.tree.map(lambda x: jax.device_put(x, x.sharding), state)
