"""Overlap of the largest weights at the start and later in training."""

import pathlib
from collections.abc import Sequence

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import correlation_indicator as indicator_lib
from jaxsparse.analysis import solutions
from jaxsparse.core.masks import active_by_path, map_masks
from jaxsparse.plotting.lines import Lines
from jaxsparse.runs import finished


@Lines(
  title='Correlation indicator over training',
  caption=(
    'Of the largest active weights of each layer at the start, the share that'
    ' are among the largest at a step',
    'as many are by chance as are compared',
  ),
  alt='At the last step',
  x='step',
  y={'correlation_indicator': 'correlation indicator'},
  xlabel='step',
  noted='last',
)
def correlation_indicator(
  workdirs: Sequence[pathlib.Path], *, p: float = 0.1
) -> Result:
  """Computes R_p of the start and the end (Liu et al. 2021; Ma et al. 2021).

  The share of the p N largest of N active weights of each layer that both nets
  have in common; about p for unrelated weights. With the start of a ticket and
  the run from which its mask was cut it measures how far the mask fits the
  weights that it starts from.

  Args:
    workdirs: of the run, and of another whose weights its start is compared
      with; by default its own.
    p: the fraction of the active weights that are compared, in (0, 1].

  Returns:
    `correlation_indicator`, with the end, on the weights active in both nets,
    in [0, 1]. And a table by the steps that the other run keeps (the first, the
    last few, `checkpoint.keep_steps`).

  Raises:
    ValueError: neither one nor two finished runs, runs of different models, or
      p out of range.
  """
  if len(workdirs) not in (1, 2):
    raise ValueError(f'got {len(workdirs)} runs; accepted are 1 or 2')
  runs = finished.load_each(workdirs)
  start = finished.solution(runs[0], runs[0].first_step)
  other = runs[-1]
  values, counts = [], []
  for step in other.steps:
    net = finished.solution(other, step)
    solutions.check_alike(start, net)
    masks = map_masks(lambda a, b: a & b, start.masks, net.masks)
    total, _ = indicator_lib.correlation_indicator(
      start.params, net.params, masks, p
    )
    values.append(total)
    counts.append(sum(active_by_path(masks).values()))
  return Result(
    {'correlation_indicator': values[-1]},
    {
      'step': other.steps,
      'correlation_indicator': values,
      'active': counts,
    },
  )
