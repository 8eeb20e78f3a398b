"""A run in numbers, before it has run: what `--dry_run` tells first."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import jax

from jaxsparse.analysis import flops
from jaxsparse.core import paths
from jaxsparse.core.types import Path
from jaxsparse.experiments import costs
from jaxsparse.experiments.build import Experiment, total_sizes
from jaxsparse.experiments.spans import updater_of
from jaxsparse.experiments.summary import aligned, columns

# Columns of multiply-adds: under the masks, and of the dense net.
_MACS = ('multiply-adds', 'when dense')
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


def multiply_adds(experiment: Experiment) -> tuple[int, int] | None:
  """Those of a forward pass of one example, at the end and of the dense net.

  `None` if they cannot be told. Nothing is computed for it.
  """
  found = _forward(experiment)
  if found is None:
    return None
  sparse, dense = (
    int(flops.inference(found, experiment.params, counts))
    for counts in (experiment.counts, None)
  )
  return sparse, dense


def _forward(experiment: Experiment) -> flops.Macs | None:
  try:
    return costs.forward(experiment)
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
  if _forward(experiment) is None:
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
  params, counts = experiment.params, experiment.counts
  exempt = jax.tree.map(lambda _: None, params)
  dense, bits = (flops.bitmask_bytes(params, at) for at in (exempt, counts))
  rows = flops.csr_bytes(params, counts)
  return (
    f'{bits:,} with a bit mask, {rows:,} in compressed rows; dense {dense:,}'
    f'{_as_planned(experiment)}'
  )


def _mask_steps(steps: range) -> str:
  """'250: 0, 100 ... 24,900'."""
  if not steps:
    return 'none'
  shown = [f'{step:,}' for step in (*steps[:2], steps[-1])]
  if len(steps) < 3:
    return f'{len(steps)}: {", ".join(shown[: len(steps)])}'
  return f'{len(steps)}: {shown[0]}, {shown[1]} ... {shown[2]}'


def layers(experiment: Experiment) -> str:
  """Each leaf of a run with its shape, counts and multiply-adds, and the sum.

  Multiply-adds are those of an example, masked and dense. Where layers may end
  with other counts, a last line says so.
  """
  sizes, counts = total_sizes(experiment), experiment.target_counts
  macs = _by_leaf(experiment)
  rows: list[tuple[str, ...]] = [
    ('leaf', 'shape', 'sparsity', 'active', 'weights', *_MACS)
  ]
  for path, leaf in paths.flatten(experiment.params).items():
    shape, size = 'x'.join(map(str, leaf.shape)), math.prod(leaf.shape)
    cost = [f'{n:,}' if any(macs[path]) else '' for n in macs[path]]
    if path in sizes:
      numbers = _sparse(counts[path], size)
    else:
      numbers = ('dense', '', f'{size:,}')
    rows.append((path, shape, *numbers, *cost))
  total = _sparse(sum(counts.values()), sum(sizes.values()))
  cost = [f'{sum(macs[path][i] for path in sizes):,}' for i in range(2)]
  rows.append(('masked leaves', '', *total, *cost))
  table = aligned(rows)
  return f'{table}\nby layer {AS_PLANNED}' if shares_out(experiment) else table


def _sparse(active: int, size: int) -> tuple[str, str, str]:
  """Sparsity, active weights and all of them."""
  return f'{1 - active / size:.4f}', f'{active:,}', f'{size:,}'


def _by_leaf(experiment: Experiment) -> dict[Path, tuple[int, int]]:
  """Multiply-adds of each leaf, masked and dense; 0 where they are unknown."""
  params, found = experiment.params, _forward(experiment)
  if found is None:
    return dict.fromkeys(paths.flatten(params), (0, 0))
  sparse, dense = (
    paths.flatten(flops.by_leaf(found, params, at))
    for at in (experiment.counts, None)
  )
  return {path: (int(sparse[path]), int(dense[path])) for path in dense}
