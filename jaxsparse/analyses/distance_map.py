"""Map of the starts and ends of several kinds of runs in weight space."""

import pathlib
from collections.abc import Sequence

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import distances
from jaxsparse.plotting.maps import Moves
from jaxsparse.runs import finished


@Moves(
  title='Where runs start and end in weight space',
  caption=(
    'Distances in the plane are as near to L2 distances between the nets as'
    ' may be, by multidimensional scaling',
    'hollow markers are starts, filled ones the ends that lines lead to',
    'directions mean nothing',
  ),
  alt='Runs',
  x='x',
  y='y',
  by='pool',
)
def distance_map(
  pools: Sequence[Sequence[pathlib.Path]], *, seed: int = 0
) -> Result:
  """Embeds nets in a plane that preserves L2 distances as far as possible.

  Evci et al. 2022, the figure of solutions by multidimensional scaling.

  Args:
    pools: of finished runs of one model.
    seed: of the scaling's random starts.

  Returns:
    `map_stress`: Stress-1 (0 is a perfect map, 0.2 a poor one); and a table
    of points.

  Raises:
    ValueError: fewer than one pool, runs that are not finished, or of
      different models.
  """
  if not pools:
    raise ValueError('got no pool of runs; accepted is one or more')
  places = [
    (number, run, step)
    for number, pool in enumerate(pools)
    for run in finished.load_each(pool)
    for step in (0, run.last_step)
  ]
  between = distances.pairwise(
    [finished.solution(run, step) for _, run, step in places]
  )
  embedded = distances.embed(between.l2, seed=seed)
  return Result(
    {'map_stress': embedded.stress},
    {
      'pool': [number for number, _, _ in places],
      'step': [step for _, _, step in places],
      'x': embedded.points[:, 0],
      'y': embedded.points[:, 1],
    },
  )
