"""A run in numbers, before it has run: what `--dry_run` tells first."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import jax

from jaxsparse.analysis import flops
from jaxsparse.core.paths import flatten
from jaxsparse.experiments import costs
from jaxsparse.experiments.build import Experiment, total_sizes
from jaxsparse.experiments.summary import aligned, columns


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


def multiply_adds(experiment: Experiment) -> tuple[int, int] | None:
  """Those of a forward pass of one example, at the end and of the dense net.

  `None` if they cannot be told. Nothing is computed for it.
  """
  try:
    found = costs.forward(experiment)
  except ValueError:
    return None
  sparse, dense = (
    int(flops.inference(found, experiment.params, counts))
    for counts in (experiment.counts, None)
  )
  return sparse, dense


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
  """'104,800 of 266,200 an example'."""
  found = multiply_adds(experiment)
  if found is None:
    return 'unknown'
  return f'{found[0]:,} of {found[1]:,} an example'


def _mask_steps(steps: range) -> str:
  """'250: 0, 100 ... 24,900'."""
  if not steps:
    return 'none'
  shown = [f'{step:,}' for step in (*steps[:2], steps[-1])]
  if len(steps) < 3:
    return f'{len(steps)}: {", ".join(shown[: len(steps)])}'
  return f'{len(steps)}: {shown[0]}, {shown[1]} ... {shown[2]}'


def layers(experiment: Experiment) -> str:
  """Each leaf of a run with its shape and its counts, and the sum."""
  sizes, counts = total_sizes(experiment), experiment.target_counts
  shapes = {p: leaf.shape for p, leaf in flatten(experiment.params).items()}
  rows = [('leaf', 'shape', 'sparsity', 'active', 'weights')]
  for path, shape in shapes.items():
    if path in sizes:
      sparsity = 1 - counts[path] / sizes[path]
      rows.append(
        (
          path,
          'x'.join(map(str, shape)),
          f'{sparsity:.4f}',
          f'{counts[path]:,}',
          f'{sizes[path]:,}',
        )
      )
    else:
      number = f'{math.prod(shape):,}'
      rows.append((path, 'x'.join(map(str, shape)), 'dense', '', number))
  whole = size(experiment)
  rows.append(
    (
      'masked leaves',
      '',
      f'{whole.sparsity:.4f}',
      f'{whole.active:,}',
      f'{whole.weights:,}',
    )
  )
  return aligned(rows)
