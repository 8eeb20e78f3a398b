"""Distances from the start and the end of a run to the end of another."""

import pathlib
from collections.abc import Sequence

import numpy as np

from jaxsparse.analyses import _bars, _looks
from jaxsparse.analysis import distances as distances_lib
from jaxsparse.plotting import looks
from jaxsparse.plotting.looks import Drawn
from jaxsparse.results.findings import Finding, Part
from jaxsparse.runs import finished

# Rows and columns of the matrices of distances.
_PAIRS = {
  'start to other end': (0, 1),
  'end to other end': (0, 2),
  'start to end': (1, 2),
}
_PANELS = {
  'l2': 'L2 distance',
  'angle': 'angle (1 is a right one)',
}


def distances(workdirs: Sequence[pathlib.Path]) -> Finding:
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
      finished.solution(run, 0),
      finished.solution(run),
    ]
  )
  return Finding(
    {
      'distance_at_start': pairwise.l2[0, 1],
      'distance_at_end': pairwise.l2[0, 2],
      'angle_at_start': pairwise.angle[0, 1],
      'angle_at_end': pairwise.angle[0, 2],
    },
    {
      'pair': np.array(list(_PAIRS)),
      'l2': np.array([pairwise.l2[pair] for pair in _PAIRS.values()]),
      'angle': np.array([pairwise.angle[pair] for pair in _PAIRS.values()]),
    },
  )


def draw_distances(parts: Sequence[Part]) -> Drawn:
  """Draws a panel of distances and one of angles, between each two points."""
  figure, _, means = _bars.bars(parts, 'pair', _PANELS)
  notes = [
    f'{label}, {values["l2"][0]:.3g} at its start and {values["l2"][1]:.3g} at'
    ' its end'
    for label, values in means.items()
  ]
  title = 'Distances to another run’s end'
  return Drawn(
    'distances',
    title,
    looks.sentence(
      [
        'Between the weights that a run starts and ends with and those at the'
        f' end of {_looks.others(parts)}',
        'angles are 2/π arccos of the cosine',
        _bars.CAPTION,
      ]
    ),
    f'Chart: {title}. L2: {looks.sentence(notes)}',
    figure,
  )
