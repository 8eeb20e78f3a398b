"""The cost of a run, as a fraction of that of a dense net.

Counted in multiply-adds, by the rule of the papers: a step costs two passes
over the weights that the loss sees, forward and for the gradient of
activations, and one over the weights whose gradient is computed. See
`analysis.flops.training`.
"""

import functools
import logging
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import jax

from jaxsparse.analysis import flops
from jaxsparse.core import paths
from jaxsparse.core.types import PyTree
from jaxsparse.runs import mask_segments
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.mask_segments import Active, Record
from jaxsparse.runs.targets import first_kernel
from jaxsparse.training.state import TrainState
from jaxsparse.training.task import Task

_log = logging.getLogger(__name__)


class Counting(NamedTuple):
  """A way to count costs.

  Attributes:
    convention: the cost of a layer, from its multiply-adds.
    printed: whether to count as the counter behind printed figures does: the
      image is padded twice (`flops.padded_twice`), and the size of the net is
      that of its layers alone (`flops.bitmask_bytes`).
  """

  convention: flops.Convention = flops.multiply_adds
  printed: bool = False


COUNTINGS = {
  'multiply_adds': Counting(),
  'micronet': Counting(flops.micronet, printed=True),
}


def of_run(
  experiment: Experiment,
  state: TrainState,
  *,
  active: Active,
  records: Iterable[Record],
) -> dict[str, float | None]:
  """Returns the entries of `summary.json` on the costs of a run.

  Args:
    experiment: the run.
    state: at the end.
    active: active weights of each masked leaf, at the end.
    records: of `metrics.jsonl`.

  Returns:
    `inference_flops` and `training_flops`; `None` where unknown.
  """
  try:
    training_cost = training(experiment, state, records)
    inference_cost = float(inference(experiment, active))
  except ValueError as error:
    _log.warning('the FLOPs of the run are unknown: %s', error)
    return {'inference_flops': None, 'training_flops': None}
  return {
    'inference_flops': inference_cost,
    'training_flops': None if training_cost is None else float(training_cost),
  }


def forward(experiment: Experiment, *, printed: bool = False) -> flops.Macs:
  """Counts the multiply-adds of a dense forward pass of one example.

  Args:
    experiment: the run.
    printed: see `Counting`.

  Raises:
    ValueError: they cannot be counted, see `analysis.flops.macs`.
  """
  count = _printed if printed else _forward
  return count(experiment.task, experiment.example[0])


def inference(
  experiment: Experiment,
  active: Active,
  *,
  counting: Counting = COUNTINGS['multiply_adds'],
) -> Fraction:
  """Returns the cost of a forward pass as a fraction of a dense one.

  Args:
    experiment: the run.
    active: active weights of each masked leaf.
    counting: how costs are counted.

  Raises:
    ValueError: as for `forward`.
  """
  params = experiment.params
  counts = paths.map_with_path(lambda path, _: active.get(path), params)
  macs = forward(experiment, printed=counting.printed)
  sparse, dense = (
    flops.inference(macs, params, at, convention=counting.convention)
    for at in (counts, None)
  )
  return sparse / dense


def planned_training(
  experiment: Experiment, *, counting: Counting = COUNTINGS['multiply_adds']
) -> Fraction | None:
  """Returns the cost of `training` of a run before it starts.

  Exact, except for methods that promise only the sum of active weights: for
  those, layers are assumed to have the counts of the distribution.

  Args:
    experiment: the run.
    counting: how costs are counted.

  Returns:
    The fraction; `None` where the config does not determine it, see
    `mask_segments.planned`: the cost of such a run is known after it has run.

  Raises:
    ValueError: as for `forward`.
  """
  records = mask_segments.planned(experiment)
  if records is None:
    return None
  return training(experiment, None, records, counting=counting)


def training(
  experiment: Experiment,
  state: TrainState | None,
  records: Iterable[Record],
  *,
  counting: Counting = COUNTINGS['multiply_adds'],
) -> Fraction | None:
  """Returns the cost of a run's steps as a fraction of dense steps.

  Mask steps count where they happened, and each step by the weights that were
  active in it; published formulas assume mask updates until the end.

  Args:
    experiment: the run.
    state: at the end; `None` for a planned run.
    records: of `metrics.jsonl`.
    counting: how costs are counted.

  Returns:
    The fraction; `None` if the records do not determine the active weights.

  Raises:
    ValueError: as for `forward`.
  """
  parts = mask_segments.segments(experiment, records)
  if parts is None:
    return None
  steps = [part.steps for part in parts]
  partial = [part.steps - part.full for part in parts]
  share = Fraction(sum(partial), sum(steps))
  gradients = 1 - share
  if share:
    trained = mask_segments.trained(experiment, state)
    trained = trained or mask_segments.mean(parts, partial)
    gradients += share * inference(experiment, trained, counting=counting)
  active = mask_segments.mean(parts, steps)
  seen = inference(experiment, active, counting=counting)
  return Fraction(flops.training.step(seen, gradients)) / 3


@functools.lru_cache(maxsize=32)
def _forward(task: Task, inputs: jax.ShapeDtypeStruct) -> flops.Macs:
  params, model_state = jax.eval_shape(task.init, jax.random.key(0), inputs)

  def apply(both: tuple[PyTree, PyTree], images: jax.Array) -> jax.Array:
    params, model_state = both
    return task.logits(params, model_state, images)

  macs = flops.macs(apply, (params, model_state), inputs)
  if not macs.total:
    raise ValueError('the model multiplies no matrices')
  return flops.Macs(macs.leaves[0], macs.outputs[0], macs.rest)


@functools.lru_cache(maxsize=32)
def _printed(task: Task, inputs: jax.ShapeDtypeStruct) -> flops.Macs:
  params, _ = jax.eval_shape(task.init, jax.random.key(0), inputs)
  first = first_kernel(task, params, inputs)
  macs = _forward(task, inputs)
  return flops.padded_twice(macs, params, first, inputs.shape[1:])
