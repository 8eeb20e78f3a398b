"""A run in numbers, before it has run: what `--dry_run` tells first."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import jax

from jaxsparse.analysis import flops
from jaxsparse.runs import costs
from jaxsparse.runs.build import Experiment, total_sizes
from jaxsparse.runs.spans import updater_of
from jaxsparse.runs.summary import columns

MULTIPLY_ADDS = costs.COUNTINGS['multiply_adds']
# Said of what hangs on the counts of layers, where only their sum is promised.
AS_PLANNED = 'as the distribution has it; layers may share it otherwise'


class Size(NamedTuple):
  """The size of a run; counts are of one member.

  Attributes:
    parameters: all of them.
    weights: those that a mask is over.
    active: those of them that are active at the end.
    mask_steps: how many there are.
    epochs: passes over the training split.
  """

  parameters: int
  weights: int
  active: int
  mask_steps: int
  epochs: float

  @property
  def sparsity(self) -> float:
    """The fraction of zeros among `weights`, in [0, 1]."""
    return 1 - self.active / self.weights


def size(experiment: Experiment) -> Size:
  """The size of a run; nothing is computed for it."""
  leaves = jax.tree.leaves(experiment.params)
  seen = experiment.plan.num_steps * experiment.config['batch_size']
  return Size(
    parameters=sum(math.prod(leaf.shape) for leaf in leaves),
    weights=sum(total_sizes(experiment).values()),
    active=sum(experiment.target_counts.values()),
    mask_steps=len(experiment.plan.mask_steps),
    epochs=seen / len(experiment.dataset.train.labels),
  )


def shares_out(experiment: Experiment) -> bool:
  """Whether layers may end with other counts than the distribution's."""
  return updater_of(experiment).invariant in ('total', 'scheduled_total')


def multiply_adds(
  experiment: Experiment, *, counting: costs.Counting = MULTIPLY_ADDS
) -> tuple[int, int] | None:
  """Those of a forward pass of one example, at the end and of the dense net.

  Args:
    experiment: the run; nothing is computed for it.
    counting: what is counted in their place.

  Returns:
    `None` if they cannot be told.
  """
  found = forward(experiment, counting)
  if found is None:
    return None
  sparse, dense = (
    int(
      flops.inference(
        found, experiment.params, counts, convention=counting.convention
      )
    )
    for counts in (experiment.counts, None)
  )
  return sparse, dense


def forward(
  experiment: Experiment, counting: costs.Counting = MULTIPLY_ADDS
) -> flops.Macs | None:
  """`costs.forward`, or `None` if it cannot be told."""
  try:
    return costs.forward(experiment, printed=counting.printed)
  except ValueError:
    return None


def text(experiment: Experiment) -> str:
  """The size and the plan of a run, a line a fact."""
  found, plan, data = size(experiment), experiment.plan, experiment.dataset
  batch = experiment.config['batch_size']
  where = ''
  if _is_absent(experiment):
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
        f'{plan.num_steps:,} of {batch:,} examples: {found.epochs:.4g} epochs',
      ),
      ('mask steps', _mask_steps(plan.mask_steps)),
      ('members', f'{len(experiment.members)}'),
      ('parameters', f'{found.parameters:,}'),
      ('active weights', f'{found.active:,} of {found.weights:,}'),
      ('sparsity', f'{found.sparsity:.4f}'),
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
  """What is said of each data set that is planned with and is not here."""
  names = dict.fromkeys(e.dataset.name for e in experiments if _is_absent(e))
  return [
    f'{name} is not on this machine: sizes are as published; whether it can be'
    ' read, and how fast, is not known'
    for name in names
  ]


def _is_absent(experiment: Experiment) -> bool:
  return experiment.facts is not None and not experiment.facts.prepared


def _multiply_adds(experiment: Experiment) -> str:
  """'104,800 of 266,200 an example: 0.3937', and whether it is but a plan."""
  found = multiply_adds(experiment)
  if found is None:
    return 'unknown'
  sparse, dense = found
  return (
    f'{sparse:,} of {dense:,} an example: {sparse / dense:.4f}'
    f'{_as_planned(experiment)}'
  )


def _as_planned(experiment: Experiment) -> str:
  return f' ({AS_PLANNED})' if shares_out(experiment) else ''


def _training(experiment: Experiment) -> str:
  """'0.3951 of the multiply-adds of a dense run'."""
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
  """'56,219 with a bit mask, 45,900 in compressed rows; dense 1,066,440'."""
  bits, dense = _bitmask_bytes(experiment, MULTIPLY_ADDS)
  rows = flops.csr_bytes(experiment.params, experiment.counts)
  return (
    f'{bits:,} with a bit mask, {rows:,} in compressed rows; dense {dense:,}'
    f'{_as_planned(experiment)}'
  )


def _bitmask_bytes(
  experiment: Experiment, counting: costs.Counting
) -> tuple[int, int]:
  """With a bit mask, and of the dense net."""
  params, counts = experiment.params, experiment.counts
  exempt = jax.tree.map(lambda _: None, params)
  sparse, dense = (
    flops.bitmask_bytes(params, at, layers_alone=counting.printed)
    for at in (counts, exempt)
  )
  return sparse, dense


def _counted(experiment: Experiment, counting: costs.Counting) -> str:
  """'209,600 of 532,400 FLOPs an example: 0.3937, training 0.3951; bytes ...'.

  The figures above in another convention, in one line.
  """
  found = multiply_adds(experiment, counting=counting)
  if found is None:
    return 'unknown'
  sparse, dense = found
  share = costs.planned_training(experiment, counting=counting)
  training = '' if share is None else f', training {float(share):.4f}'
  bits, whole = _bitmask_bytes(experiment, counting)
  return (
    f'{sparse:,} of {dense:,} FLOPs an example: {sparse / dense:.4f}{training};'
    f' {bits:,} bytes with a bit mask; dense {whole:,}{_as_planned(experiment)}'
  )


def _mask_steps(steps: range) -> str:
  """'250: 0, 100 ... 24,900'."""
  if not steps:
    return 'none'
  shown = [f'{step:,}' for step in (*steps[:2], steps[-1])]
  if len(steps) < 3:
    return f'{len(steps)}: {", ".join(shown[: len(steps)])}'
  return f'{len(steps)}: {shown[0]}, {shown[1]} ... {shown[2]}'
