"""The size and cost of a run before it starts: the head of `--dry_run`."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import jax

from jaxsparse.analysis import flops
from jaxsparse.runs import costs
from jaxsparse.runs.build import Experiment, total_sizes
from jaxsparse.runs.summary import columns

MULTIPLY_ADDS = costs.COUNTINGS['multiply_adds']
# Note on figures by layer counts, where only the sum of these is promised.
AS_PLANNED = 'as the distribution has it; layers may share it otherwise'


class Size(NamedTuple):
  """The size of a run; counts are of one member.

  Attributes:
    parameters: number of all parameters.
    weights: number of weights under masks.
    active: number of those that are active at the end.
    mask_steps: number of mask steps.
    epochs: passes over the training split.
  """

  parameters: int
  weights: int
  active: int
  mask_steps: int
  epochs: float

  @property
  def sparsity(self) -> float:
    """Fraction of zeros among `weights`, in [0, 1]."""
    return 1 - self.active / self.weights


def size(experiment: Experiment) -> Size:
  """Returns the size of a run; computes nothing."""
  leaves = jax.tree.leaves(experiment.params)
  plan = experiment.plan
  seen = plan.length * experiment.config.batch_size
  return Size(
    parameters=sum(math.prod(leaf.shape) for leaf in leaves),
    weights=sum(total_sizes(experiment).values()),
    active=sum(experiment.target_counts.values()),
    mask_steps=len(experiment.plan.mask_steps),
    epochs=seen / len(experiment.dataset.train.labels),
  )


def shares_out(experiment: Experiment) -> bool:
  """Returns whether layers may end with counts unlike the distribution's."""
  return experiment.updater.facts.invariant in ('total', 'scheduled_total')


def multiply_adds(
  experiment: Experiment, *, counting: costs.Counting = MULTIPLY_ADDS
) -> tuple[int, int] | None:
  """Counts multiply-adds of a forward pass of one example, sparse and dense.

  Args:
    experiment: the run; nothing is computed for it.
    counting: what is counted in their place.

  Returns:
    The count at the end and that of the dense net, or `None` if unknown.
  """
  macs = forward(experiment, counting)
  if macs is None:
    return None
  sparse, dense = (
    int(
      flops.inference(
        macs, experiment.params, counts, convention=counting.convention
      )
    )
    for counts in (experiment.counts, None)
  )
  return sparse, dense


def forward(
  experiment: Experiment, counting: costs.Counting = MULTIPLY_ADDS
) -> flops.Macs | None:
  """Returns `costs.forward`, or `None` if it is unknown."""
  try:
    return costs.forward(experiment, printed=counting.printed)
  except ValueError:
    return None


def text(experiment: Experiment) -> str:
  """Formats the size and the plan of a run, one line per fact."""
  totals, plan, data = size(experiment), experiment.plan, experiment.dataset
  batch = experiment.config.batch_size
  where = ''
  if not data.prepared:
    where = ' (not on this machine; sizes as published)'
  return columns(
    [
      (
        'data',
        f'{data.name}: {len(data.train.labels):,} examples to train,'
        f' {len(data.test.labels):,} to test{where}',
      ),
      (
        'steps',
        f'{plan.length:,} of {batch:,} examples: {totals.epochs:.4g} epochs'
        + (f', from step {plan.begin:,} on' if plan.begin else ''),
      ),
      ('mask steps', _mask_steps(plan.mask_steps)),
      ('parameters', f'{totals.parameters:,}'),
      ('active weights', f'{totals.active:,} of {totals.weights:,}'),
      ('sparsity', f'{totals.sparsity:.4f}'),
      ('multiply-adds', _multiply_adds(experiment)),
      ('training', _training(experiment)),
      ('bytes', _bytes(experiment)),
      *(
        (name, _counted(experiment, counting))
        for name, counting in costs.COUNTINGS.items()
        if counting != MULTIPLY_ADDS
      ),
    ]
  )


def absent(experiments: Iterable[Experiment]) -> list[str]:
  """Returns a note on each absent data set among those of experiments."""
  names = dict.fromkeys(
    e.dataset.name for e in experiments if not e.dataset.prepared
  )
  return [
    f'{name} is not on this machine: sizes are as published; whether it can be'
    ' read, and how fast, is not known'
    for name in names
  ]


def _multiply_adds(experiment: Experiment) -> str:
  """Formats as '104,800 of 266,200 an example: 0.3937', with a note if due."""
  counts = multiply_adds(experiment)
  if counts is None:
    return 'unknown'
  sparse, dense = counts
  return (
    f'{sparse:,} of {dense:,} an example: {sparse / dense:.4f}'
    f'{_as_planned(experiment)}'
  )


def _as_planned(experiment: Experiment) -> str:
  return f' ({AS_PLANNED})' if shares_out(experiment) else ''


def _training(experiment: Experiment) -> str:
  """Formats as '0.3951 of the multiply-adds of a dense run'."""
  if forward(experiment) is None:
    return 'unknown'
  share = costs.planned_training(experiment)
  if share is None:
    return 'its multiply-adds are known when it has run'
  return (
    f'{float(share):.4f} of the multiply-adds of a dense run'
    f'{_as_planned(experiment)}'
  )


def _bytes(experiment: Experiment) -> str:
  """Formats '56,219 with a bit mask, 45,900 in compressed rows; dense ...'."""
  bits, dense = _bitmask_bytes(experiment, MULTIPLY_ADDS)
  rows = flops.csr_bytes(experiment.params, experiment.counts)
  return (
    f'{bits:,} with a bit mask, {rows:,} in compressed rows; dense {dense:,}'
    f'{_as_planned(experiment)}'
  )


def _bitmask_bytes(
  experiment: Experiment, counting: costs.Counting
) -> tuple[int, int]:
  """Returns the size in bytes with a bit mask, and of the dense net."""
  params, counts = experiment.params, experiment.counts
  exempt = jax.tree.map(lambda _: None, params)
  sparse, dense = (
    flops.bitmask_bytes(params, at, layers_alone=counting.printed)
    for at in (counts, exempt)
  )
  return sparse, dense


def _counted(experiment: Experiment, counting: costs.Counting) -> str:
  """Formats the figures above in another convention, in one line.

  '209,600 of 532,400 FLOPs an example: 0.3937, training 0.3951; bytes ...'.
  """
  counts = multiply_adds(experiment, counting=counting)
  if counts is None:
    return 'unknown'
  sparse, dense = counts
  share = costs.planned_training(experiment, counting=counting)
  training = '' if share is None else f', training {float(share):.4f}'
  bits, dense_bytes = _bitmask_bytes(experiment, counting)
  return (
    f'{sparse:,} of {dense:,} FLOPs an example: {sparse / dense:.4f}{training};'
    f' {bits:,} bytes with a bit mask; dense {dense_bytes:,}'
    f'{_as_planned(experiment)}'
  )


def _mask_steps(steps: range) -> str:
  """Formats as '250: 0, 100 ... 24,900'."""
  if not steps:
    return 'none'
  labels = [f'{step:,}' for step in (*steps[:2], steps[-1])]
  if len(steps) < 3:
    return f'{len(steps)}: {", ".join(labels[: len(steps)])}'
  return f'{len(steps)}: {labels[0]}, {labels[1]} ... {labels[2]}'
