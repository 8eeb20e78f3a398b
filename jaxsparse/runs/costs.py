"""What a run costs, as a share of what it would with a dense net.

In multiply-adds, by the rule of the papers: a step costs two passes by the
weights that the loss sees, forward and for the gradient of activations, and
one by those whose gradient is computed. See `analysis.flops.training`.
"""

import functools
import logging
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

import jax

from jaxsparse.analysis import flops
from jaxsparse.core import paths
from jaxsparse.core.types import PyTree
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.spans import (
  Active,
  Record,
  mean,
  planned,
  spans,
  trained,
)
from jaxsparse.runs.targets import first_kernel
from jaxsparse.training.state import TrainState
from jaxsparse.training.task import Task

_log = logging.getLogger(__name__)


class Counting(NamedTuple):
  """What is counted.

  Attributes:
    convention: what a layer of so many multiply-adds costs.
    printed: whether of the net as the counter behind printed figures sees it:
      its image padded twice (`flops.padded_twice`) and layers alone in its
      size (`flops.bitmask_bytes`).
  """

  convention: flops.Convention = flops.multiply_adds
  printed: bool = False


COUNTINGS = {
  'multiply_adds': Counting(),
  'micronet': Counting(flops.micronet, printed=True),
}


def of_run(
  experiment: Experiment,
  states: Sequence[TrainState],
  *,
  active: Active,
  failed: Collection[int],
  records: Iterable[Record],
) -> dict[str, float | None]:
  """What `summary.json` says of the costs of a run.

  Args:
    experiment: the run.
    states: one a replicate, at the end.
    active: active weights of each masked leaf, at the end.
    failed: replicates that did not come to it.
    records: of `metrics.jsonl`.

  Returns:
    `inference_flops` and `training_flops`, the mean over replicates; `None`
    where it cannot be told.
  """
  by_replicate: dict[int, list[Record]] = {}
  for record in records:
    by_replicate.setdefault(record['replicate'], []).append(record)
  try:
    shares = [
      training(experiment, state, by_replicate.get(i, []))
      for i, state in enumerate(states)
      if i not in failed
    ]
    found = float(inference(experiment, active))
  except ValueError as error:
    _log.warning('the FLOPs of the run are unknown: %s', error)
    return {'inference_flops': None, 'training_flops': None}
  known = [float(share) for share in shares if share is not None]
  complete = len(known) == len(shares)
  return {
    'inference_flops': found,
    'training_flops': sum(known) / len(known) if complete else None,
  }


def forward(experiment: Experiment, *, printed: bool = False) -> flops.Macs:
  """The multiply-adds of a dense forward pass of one example.

  Args:
    experiment: the run.
    printed: see `Counting`.

  Raises:
    ValueError: they cannot be told, see `analysis.flops.macs`.
  """
  count = _printed if printed else _forward
  return count(experiment.task, experiment.example[0])


def inference(
  experiment: Experiment,
  active: Active,
  *,
  counting: Counting = COUNTINGS['multiply_adds'],
) -> Fraction:
  """A forward pass as a share of a dense one.

  Args:
    experiment: the run.
    active: active weights of each masked leaf.
    counting: what is counted.

  Raises:
    ValueError: as for `forward`.
  """
  params = experiment.params
  counts = paths.map_with_path(lambda path, _: active.get(path), params)
  found = forward(experiment, printed=counting.printed)
  sparse, dense = (
    flops.inference(found, params, at, convention=counting.convention)
    for at in (counts, None)
  )
  return sparse / dense


def planned_training(
  experiment: Experiment, *, counting: Counting = COUNTINGS['multiply_adds']
) -> Fraction | None:
  """`training` of a run before it has run.

  Exact, but for methods that promise the sum of active weights alone: of those
  it is what would come of the distribution's layers.

  Args:
    experiment: the run.
    counting: what is counted.

  Returns:
    `None` where its config does not settle it, see `spans.planned`: such runs
    are known by what they did.

  Raises:
    ValueError: as for `forward`.
  """
  records = planned(experiment)
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
  """The steps of a replicate as a share of as many dense ones.

  Mask steps count where they fell, and each step by the weights that were
  active in it; published formulas take updates to go on to the end.

  Args:
    experiment: the run.
    state: of the replicate, at the end; `None` of a run that is but planned.
    records: its own, of `metrics.jsonl`.
    counting: what is counted.

  Returns:
    `None` if they do not tell what was active.

  Raises:
    ValueError: as for `forward`.
  """
  found = spans(experiment, records)
  if found is None:
    return None
  steps = [span.steps for span in found]
  partial = [span.steps - span.full for span in found]
  share = Fraction(sum(partial), sum(steps))
  gradients = 1 - share
  if share:
    own = trained(experiment, state) or mean(found, partial)
    gradients += share * inference(experiment, own, counting=counting)
  seen = inference(experiment, mean(found, steps), counting=counting)
  return Fraction(flops.training.step(seen, gradients)) / 3


@functools.lru_cache(maxsize=32)
def _forward(task: Task, inputs: jax.ShapeDtypeStruct) -> flops.Macs:
  params, model_state = jax.eval_shape(task.init, jax.random.key(0), inputs)

  def apply(both: tuple[PyTree, PyTree], images: jax.Array) -> jax.Array:
    params, model_state = both
    return task.logits(params, model_state, images)

  found = flops.macs(apply, (params, model_state), inputs)
  if not found.total:
    raise ValueError('the model multiplies no matrices')
  return flops.Macs(found.leaves[0], found.outputs[0], found.rest)


@functools.lru_cache(maxsize=32)
def _printed(task: Task, inputs: jax.ShapeDtypeStruct) -> flops.Macs:
  params, _ = jax.eval_shape(task.init, jax.random.key(0), inputs)
  first = first_kernel(task, params, inputs)
  found = _forward(task, inputs)
  return flops.padded_twice(found, params, first, inputs.shape[1:])
