"""Error barriers between the nets of successive levels of pruning."""

import itertools
import pathlib
from collections.abc import Sequence

from jaxsparse.analyses import _batch_norm, _error_lines
from jaxsparse.analyses.harness.result import Result
from jaxsparse.plotting.lines import Lines
from jaxsparse.runs import finished


@Lines(
  title='Error barrier to the level before',
  caption=(
    'The highest error on the line between the ends of both runs, less the mean'
    ' of the ends',
  ),
  alt='Highest barriers',
  x='level',
  y={
    'test_barrier': 'barrier on the test split',
    'train_barrier': 'barrier on the training split',
  },
  xlabel='level',
)
def level_barriers(
  workdirs: Sequence[pathlib.Path],
  *,
  points: int = 20,
  examples: int | None = None,
  batch_norm: str = 'interpolated',
) -> Result:
  """Measures barriers between successive levels (Maene et al. 2021, figure 8).

  Each line starts at the end of a level, with the weights that the next one
  prunes. Without a barrier both are in one basin.

  Args:
    workdirs: of the runs of a chain, from level 0 on, two or more.
    points: number of points of each line, evenly spaced, the ends among them.
    examples: number of examples, the first of each split; all by default.
    batch_norm: as for `instability`.

  Returns:
    `test_barrier_1` and `train_barrier_1` ..., fractions, to each level from
    the one before, and `highest_test_barrier` and `highest_train_barrier`. And
    a table of these by level, with `batch_norm`.

  Raises:
    ValueError: fewer than two finished runs of one model, a number that does
      not fit, no `examples` where the training split stays on disk, or
      `recomputed` of a model without BatchNorm.
  """
  _batch_norm.check(batch_norm)
  runs = finished.load_each(workdirs, least=2)
  pairs = list(itertools.pairwise(map(finished.solution, runs)))
  lines = _error_lines.measure(
    runs[0], pairs, points=points, examples=examples, batch_norm=batch_norm
  )
  numbers = {}
  for split, barriers in lines.barriers.items():
    numbers[f'highest_{split}_barrier'] = max(barriers)
    numbers |= {f'{split}_barrier_{i}': b for i, b in enumerate(barriers, 1)}
  return Result(
    numbers,
    {
      'level': range(1, len(runs)),
      'test_barrier': lines.barriers['test'],
      'train_barrier': lines.barriers['train'],
      'batch_norm': [batch_norm] * len(pairs),
    },
  )
