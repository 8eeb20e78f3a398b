"""Distances from the start and the end of a run to the end of another."""

import pathlib
from collections.abc import Sequence

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import distances as distances_lib
from jaxsparse.plotting.bars import Bars
from jaxsparse.runs import finished

# Rows and columns of the matrices of distances.
_PAIRS = {
  'start to other end': (0, 1),
  'end to other end': (0, 2),
  'start to end': (1, 2),
}


@Bars(
  title='Distances to another run’s end',
  caption=(
    'Between the weights that a run starts and ends with and those at the'
    ' end of {other}',
    'angles are 2/π arccos of the cosine',
  ),
  alt='L2',
  x='pair',
  y={'l2': 'L2 distance', 'angle': 'angle (1 is a right one)'},
)
def distances(workdirs: Sequence[pathlib.Path]) -> Result:
  """Measures distances to the end of another run (Evci et al. 2022).

  Distances are over all weights, with 0 outside the masks.

  Args:
    workdirs: of the run, and of the other.

  Returns:
    `distance_at_start` and `distance_at_end`, L2; `angle_at_start` and
    `angle_at_end`, in [0, 2] (see `analysis.distances`). And a table of both
    between each two of the run's start, its end and the other's.

  Raises:
    ValueError: not two finished runs of one model.
  """
  run, other = finished.load_each(workdirs, count=2)
  pairwise = distances_lib.pairwise(
    [
      finished.solution(other),
      finished.solution(run, run.first_step),
      finished.solution(run),
    ]
  )
  return Result(
    {
      'distance_at_start': pairwise.l2[0, 1],
      'distance_at_end': pairwise.l2[0, 2],
      'angle_at_start': pairwise.angle[0, 1],
      'angle_at_end': pairwise.angle[0, 2],
    },
    {
      'pair': list(_PAIRS),
      'l2': [pairwise.l2[pair] for pair in _PAIRS.values()],
      'angle': [pairwise.angle[pair] for pair in _PAIRS.values()],
    },
  )
