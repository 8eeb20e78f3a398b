"""Distances between the nets of successive levels of pruning."""

import pathlib
from collections.abc import Sequence

import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import distances
from jaxsparse.core import choices
from jaxsparse.plotting.matrices import Matrix
from jaxsparse.runs import finished

_MEASURES = {
  'angle': 'angle (2/π arccos of the cosine)',
  'cosine': 'cosine',
  'l2': 'L2 distance',
}


@Matrix(
  title='Distances between levels of pruning',
  caption=(
    'Between the ends of runs, and the start of the first, on the weights'
    ' active in both',
  ),
  alt='Between different nets',
  row='level',
  column='other_level',
  value='value',
  label='measure',
  axis='level',
)
def levels(
  workdirs: Sequence[pathlib.Path], *, measure: str = 'angle'
) -> Result:
  """Measures distances between levels of pruning (Maene et al. 2021).

  Two nets are compared on the weights that are active in both, without the
  leaves that have no mask. Small angles say that each level learns again what
  the one before it had.

  Args:
    workdirs: of the runs of a chain, from level 0 on.
    measure: 'angle', in [0, 2], 1 for unrelated nets; 'cosine', or 'l2'.

  Returns:
    `angle_to_start_0` ..., of the end of each level to the start of the first,
    `angle_to_previous_1` ..., to the end of the level before it, and
    `angle_to_nearest_1` ..., to the nearest of all before it; likewise
    `cosine_...` and `l2_...`. And a table of a row for each two of the levels
    and the start, which is the last.

  Raises:
    ValueError: no finished runs of one model, runs without masks, or another
      measure.
  """
  choices.check(f'measure is {measure!r}', measure, tuple(_MEASURES))
  runs = finished.load_each(workdirs)
  start = finished.solution(runs[0], runs[0].first_step)
  nets = [*map(finished.solution, runs), start]
  between = distances.pairwise(nets, shared=True, exempt=False)
  values = getattr(between, measure)
  names = [*map(str, range(len(runs))), 'start']
  to_start = {
    f'{measure}_to_start_{i}': v for i, v in enumerate(values[-1, :-1])
  }
  to_previous = {
    f'{measure}_to_previous_{i}': values[i, i - 1] for i in range(1, len(runs))
  }
  nearest = np.max if measure == 'cosine' else np.min
  to_nearest = {
    f'{measure}_to_nearest_{i}': nearest(values[i, :i])
    for i in range(1, len(runs))
  }
  return Result(
    to_start | to_previous | to_nearest,
    {
      'level': np.repeat(names, len(names)),
      'other_level': np.tile(names, len(names)),
      'value': values.ravel(),
      'measure': [_MEASURES[measure]] * values.size,
    },
  )
