"""The magnitude at which each level of pruning was cut."""

import pathlib
from collections.abc import Sequence

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import weight_histogram
from jaxsparse.plotting.lines import Lines
from jaxsparse.runs import finished


@Lines(
  title='Pruning threshold by level',
  caption=(
    'Of the weights at the end of the level before, those that a level has and'
    ' those that it prunes',
  ),
  alt='At the last level',
  x='level',
  y={
    'smallest_left': 'smallest magnitude left',
    'largest_pruned': 'largest magnitude pruned',
  },
  xlabel='level',
  noted='last',
)
def pruning_threshold(workdirs: Sequence[pathlib.Path]) -> Result:
  """Measures the magnitudes at which masks were cut (Maene et al. 2021).

  The largest pruned one is the smaller where all layers are ranked together.

  Args:
    workdirs: of the runs of a chain, from level 0 on, two or more.

  Returns:
    `smallest_left_1` ... and `largest_pruned_1` ..., magnitudes at the end of
    the level before, NaN where there are no such weights. And a table of them
    by level.

  Raises:
    ValueError: fewer than two finished runs, or masks that are not within those
      of the run before.
  """
  runs = finished.load_each(workdirs, least=2)
  nets = [finished.solution(run) for run in runs]
  cuts = {
    level: weight_histogram.threshold(nets[level - 1], nets[level].masks)
    for level in range(1, len(nets))
  }
  numbers = {
    f'{name}_{level}': value
    for level, cut in cuts.items()
    for name, value in cut._asdict().items()
  }
  smallest, pruned = zip(*cuts.values(), strict=True)
  return Result(
    numbers,
    {'level': list(cuts), 'smallest_left': smallest, 'largest_pruned': pruned},
  )
