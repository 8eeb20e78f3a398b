"""A run in segments of equal masks: active weights and gradients read."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths
from jaxsparse.core.types import MaskUpdater, Path
from jaxsparse.runs.build import Experiment, total_sizes
from jaxsparse.runs.checks import SCHEDULED
from jaxsparse.training.state import TrainState

Record = Mapping[str, Any]
# Active weights of each masked leaf; exact, also where they are means.
Active = Mapping[Path, int | Fraction]


class Segment(NamedTuple):
  """Steps up to a mask step, which is the last of them, or to the end.

  Attributes:
    steps: number of steps; 0 if the run ends with a mask step.
    full: number of those that read the gradient of all weights.
    active: active weights of each masked leaf.
  """

  steps: int
  full: int
  active: Active


def segments(
  experiment: Experiment, records: Iterable[Record]
) -> list[Segment] | None:
  """Returns the segments of a run, in order.

  Args:
    experiment: the run.
    records: of `metrics.jsonl`; not read for a method whose layers keep their
      counts.

  Returns:
    The segments; `None` if the records do not determine the active weights.
  """
  plan, updater = experiment.plan, experiment.updater
  begins = [plan.begin, *(step + 1 for step in plan.mask_steps)]
  ends = [*begins[1:], plan.num_steps]
  steps = [end - begin for begin, end in zip(begins, ends, strict=True)]
  read = updater.facts.dense_batches
  full = steps if read is None else [min(read, n) for n in steps[:-1]] + [0]
  active: dict[int, Active]
  if updater.facts.invariant == 'per_leaf':
    active = dict.fromkeys(begins, experiment.target_counts)
  elif updater.facts.invariant == 'dense':
    active = dict.fromkeys(begins, total_sizes(experiment))
  else:
    active = recorded(experiment, records)
  if any(begin not in active for begin in begins):
    return None
  return list(map(Segment, steps, full, [active[begin] for begin in begins]))


def mean(parts: Sequence[Segment], weights: Sequence[int]) -> Active:
  """Averages the active weights of each leaf over segments, by `weights`."""
  total = sum(weights)
  pairs = list(zip(parts, weights, strict=True))
  return {
    path: Fraction(sum(n * part.active[path] for part, n in pairs)) / total
    for path in parts[0].active
  }


def planned(experiment: Experiment) -> list[Record] | None:
  """Returns the future records of `metrics.jsonl` that `segments` needs.

  For a method that promises only a sum of active weights, layers are assumed to
  have the counts of the distribution. `None` where the config does not
  determine them: for a method that does not define how it prunes, or how much
  it trains besides the active weights.
  """
  updater, plan = experiment.updater, experiment.plan
  if not (_trains_what_is_active(updater) or updater.facts.trained_counts):
    return None
  steps = jnp.array([plan.begin - 1, *plan.mask_steps], jnp.int32)
  if updater.facts.invariant not in SCHEDULED:
    return _records(steps, [experiment.target_counts] * len(steps))
  if updater.facts.mask_steps == 'first':
    start_and_end = total_sizes(experiment), experiment.target_counts
    return _records(steps, start_and_end)
  if updater.facts.scheduled is None:
    return None
  scheduled = functools.partial(updater.facts.scheduled, experiment.params)
  counts = paths.flatten(jax.device_get(jax.vmap(scheduled)(steps)))
  rows = np.stack(list(counts.values()), axis=1).tolist()
  return _records(steps, [dict(zip(counts, row, strict=True)) for row in rows])


def _records(steps: jax.Array, active: Sequence[Active]) -> list[Record]:
  """Returns the records of mask steps, each at the step after it."""
  return [
    {'step': step + 1, 'layer_active': counts}
    for step, counts in zip(steps.tolist(), active, strict=True)
  ]


def trained(experiment: Experiment, state: TrainState | None) -> Active | None:
  """Counts the weights whose gradient a step computes; `None` if as active.

  Args:
    experiment: the run.
    state: at its end; `None` for a planned run.

  Raises:
    ValueError: there is no state, and the method does not define the counts.
  """
  updater, sizes = experiment.updater, total_sizes(experiment)
  if _trains_what_is_active(updater):
    return None
  if state is not None:
    by_path = masks_lib.active_by_path(updater.trained(state.mask_state))
  elif updater.facts.trained_counts is not None:
    counts = updater.facts.trained_counts(experiment.params)
    by_path = {path: int(n) for path, n in paths.flatten(counts).items()}
  else:
    raise ValueError(
      'got no state of a method that trains more than is active, and has no'
      ' trained_counts; accepted is its state at the end'
    )
  return {path: by_path.get(path, size) for path, size in sizes.items()}


def _trains_what_is_active(updater: MaskUpdater) -> bool:
  default = MaskUpdater._field_defaults['trained']
  return bool(updater.trained is default)


def recorded(
  experiment: Experiment, records: Iterable[Record]
) -> dict[int, Active]:
  """Returns the active weights by step, at the start and after mask steps.

  Args:
    experiment: the run.
    records: of `metrics.jsonl`.
  """
  active: dict[int, Active] = {}
  begin = experiment.plan.begin
  for record in records:
    if 'layer_active' in record:
      active[record['step']] = record['layer_active']
    elif 'layer_sparsity' in record and record['step'] == begin:
      sparsity = record['layer_sparsity']
      sizes = total_sizes(experiment).items()
      active[begin] = {
        path: round((1 - sparsity[path]) * n) for path, n in sizes
      }
  return active
