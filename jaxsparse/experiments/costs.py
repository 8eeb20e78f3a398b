"""What a run costs, as a share of what it would with a dense net.

In multiply-adds, by the rule of the papers: a step costs two passes by the
weights that the loss sees, forward and for the gradient of activations, and
one by those whose gradient is computed. See `analysis.flops.training`.
"""

import functools
import logging
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction

import jax

from jaxsparse.analysis import flops
from jaxsparse.core import paths
from jaxsparse.core.types import PyTree
from jaxsparse.experiments.build import Experiment
from jaxsparse.experiments.spans import Active, Record, mean, spans, trained
from jaxsparse.training.state import TrainState
from jaxsparse.training.task import Task

_log = logging.getLogger(__name__)


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


def forward(experiment: Experiment) -> flops.Macs:
  """The multiply-adds of a dense forward pass of one example.

  Raises:
    ValueError: they cannot be told, see `analysis.flops.macs`.
  """
  return _forward(experiment.task, experiment.example[0])


def inference(
  experiment: Experiment,
  active: Active,
  *,
  convention: flops.Convention = flops.multiply_adds,
) -> Fraction:
  """A forward pass as a share of a dense one.

  Args:
    experiment: the run.
    active: active weights of each masked leaf.
    convention: what is counted.

  Raises:
    ValueError: as for `forward`.
  """
  params = experiment.params
  counts = paths.map_with_path(lambda path, _: active.get(path), params)
  sparse, dense = (
    flops.inference(forward(experiment), params, at, convention=convention)
    for at in (counts, None)
  )
  return sparse / dense


def training(
  experiment: Experiment,
  state: TrainState,
  records: Iterable[Record],
  *,
  convention: flops.Convention = flops.multiply_adds,
) -> Fraction | None:
  """The steps of a replicate as a share of as many dense ones.

  Mask steps count where they fell, and each step by the weights that were
  active in it; published formulas take updates to go on to the end.

  Args:
    experiment: the run.
    state: of the replicate, at the end.
    records: its own, of `metrics.jsonl`.
    convention: what is counted.

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
    gradients += share * inference(experiment, own, convention=convention)
  seen = inference(experiment, mean(found, steps), convention=convention)
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
