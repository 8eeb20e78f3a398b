"""A run in spans of equal masks: what was active, what gradients were read."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from jaxsparse.core import masks as masks_lib
from jaxsparse.core.types import MaskUpdater, Path
from jaxsparse.experiments.build import Experiment, total_sizes
from jaxsparse.training.state import TrainState

Record = Mapping[str, Any]
# Of each masked leaf; exact, also where it is a mean.
Active = Mapping[Path, int | Fraction]


class Span(NamedTuple):
  """Steps up to a mask step, which is the last of them, or to the end.

  Attributes:
    steps: how many; 0 if the run ends with a mask step.
    full: in how many of them the gradient of all weights is read.
    active: active weights of each masked leaf.
  """

  steps: int
  full: int
  active: Active


def spans(
  experiment: Experiment, records: Iterable[Record]
) -> list[Span] | None:
  """The spans of a replicate, in order.

  Args:
    experiment: the run.
    records: those of the replicate in `metrics.jsonl`. What they say of a
      method whose layers keep their counts is not looked at.

  Returns:
    `None` if it cannot be told from them how many weights were active.
  """
  plan, updater = experiment.plan, updater_of(experiment)
  begins = [0, *(step + 1 for step in plan.mask_steps)]
  ends = [*begins[1:], plan.num_steps]
  steps = [end - begin for begin, end in zip(begins, ends, strict=True)]
  read = updater.dense_batches
  full = steps if read is None else [min(read, n) for n in steps[:-1]] + [0]
  active: dict[int, Active]
  if updater.invariant == 'per_leaf':
    active = dict.fromkeys(begins, experiment.target_counts)
  elif updater.invariant == 'dense':
    active = dict.fromkeys(begins, total_sizes(experiment))
  else:
    active = recorded(experiment, records)
  if any(begin not in active for begin in begins):
    return None
  return list(map(Span, steps, full, [active[begin] for begin in begins]))


def mean(spans: Sequence[Span], weights: Sequence[int]) -> Active:
  """Mean active weights of each leaf; each span counts so many times."""
  total = sum(weights)
  pairs = list(zip(spans, weights, strict=True))
  return {
    path: Fraction(sum(n * span.active[path] for span, n in pairs)) / total
    for path in spans[0].active
  }


def planned(experiment: Experiment) -> list[Record] | None:
  """What `metrics.jsonl` will hold of active weights, as `spans` needs it.

  `None` where the config does not settle it: of a method that trains more than
  is active. Of one that prunes step by step, or moves weights between layers,
  the list is empty.
  """
  updater, steps = updater_of(experiment), experiment.plan.mask_steps
  if not _trains_what_is_active(updater):
    return None
  if updater.invariant == 'scheduled' and updater.mask_steps == 'first':
    return [
      {'step': 0, 'layer_active': total_sizes(experiment)},
      {'step': steps[0] + 1, 'layer_active': experiment.target_counts},
    ]
  return []


def trained(experiment: Experiment, state: TrainState | None) -> Active | None:
  """The weights that a step computes the gradient of; `None`: what is active.

  Args:
    experiment: the run.
    state: of a replicate, at its end; not looked at where it is `None`.
  """
  updater = updater_of(experiment)
  if state is None or _trains_what_is_active(updater):
    return None
  sizes = total_sizes(experiment)
  own = masks_lib.active_by_path(updater.trained(state.mask_state))
  return {path: own.get(path, size) for path, size in sizes.items()}


def _trains_what_is_active(updater: MaskUpdater) -> bool:
  default = MaskUpdater._field_defaults['trained']
  return bool(updater.trained is default)


def updater_of(experiment: Experiment) -> MaskUpdater:
  """The method of a run."""
  return experiment.recipe.updater(experiment.members[0])


def recorded(
  experiment: Experiment, records: Iterable[Record]
) -> dict[int, Active]:
  """By step, active weights at the start and after mask steps.

  Args:
    experiment: the run.
    records: those of a replicate in `metrics.jsonl`.
  """
  found: dict[int, Active] = {}
  for record in records:
    if 'layer_active' in record:
      found[record['step']] = record['layer_active']
    elif 'layer_sparsity' in record and not record['step']:
      share = record['layer_sparsity']
      sizes = total_sizes(experiment).items()
      found[0] = {path: round((1 - share[path]) * n) for path, n in sizes}
  return found
