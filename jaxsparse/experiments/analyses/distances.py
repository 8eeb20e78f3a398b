"""How far a run is from another's end, where it starts and where it ends."""

import pathlib
from collections.abc import Sequence

from jaxsparse.analysis import distances as distances_lib
from jaxsparse.experiments import finished


def distances(workdirs: Sequence[pathlib.Path]) -> dict[str, float]:
  """Distances in weight space to the end of another run (Evci et al. 2022).

  Over all weights, those outside a mask being 0.

  Args:
    workdirs: of the run, and of the other.

  Returns:
    `distance_at_start` and `distance_at_end`, L2; `angle_at_start` and
    `angle_at_end`, in [0, 2] (see `analysis.distances`).

  Raises:
    ValueError: not two finished runs of one model.
  """
  run, other = finished.load_each(workdirs, count=2)
  found = distances_lib.pairwise(
    [
      finished.solution(other),
      finished.solution(run, 0),
      finished.solution(run),
    ]
  )
  return {
    'distance_at_start': found.l2[0, 1],
    'distance_at_end': found.l2[0, 2],
    'angle_at_start': found.angle[0, 1],
    'angle_at_end': found.angle[0, 2],
  }
