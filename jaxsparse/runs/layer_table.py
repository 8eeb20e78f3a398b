"""The table of the leaves of a run before it starts, for `--dry_run`."""

import math

from jaxsparse.analysis import flops
from jaxsparse.core import paths
from jaxsparse.core.tables import aligned
from jaxsparse.core.types import Path
from jaxsparse.runs import outline
from jaxsparse.runs.build import Experiment, total_sizes

# Columns of multiply-adds: with the masks, and of the dense net.
_MACS = ('multiply-adds', 'when dense')


def text(experiment: Experiment) -> str:
  """Tabulates the shape, counts and multiply-adds of each leaf, and the sum.

  Multiply-adds are per example, masked and dense. Where layers may end with
  other counts, a last line notes it.
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
  if outline.shares_out(experiment):
    return f'{aligned(rows)}\nby layer {outline.AS_PLANNED}'
  return aligned(rows)


def _sparse(active: int, size: int) -> tuple[str, str, str]:
  """Formats the sparsity, the active weights and the size of a leaf."""
  return f'{1 - active / size:.4f}', f'{active:,}', f'{size:,}'


def _by_leaf(experiment: Experiment) -> dict[Path, tuple[int, int]]:
  """Returns the multiply-adds of each leaf, masked and dense; 0 if unknown."""
  params, macs = experiment.params, outline.forward(experiment)
  if macs is None:
    return dict.fromkeys(paths.flatten(params), (0, 0))
  sparse, dense = (
    paths.flatten(flops.by_leaf(macs, params, at))
    for at in (experiment.counts, None)
  )
  return {path: (int(sparse[path]), int(dense[path])) for path in dense}
