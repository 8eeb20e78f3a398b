"""Agreement of the signs of two finished runs, at their starts and ends."""

import math
import pathlib
from collections.abc import Sequence

import jax
import numpy as np

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import solutions
from jaxsparse.analysis.solutions import Solution
from jaxsparse.core import controls
from jaxsparse.core.masks import map_masks
from jaxsparse.plotting.bars import Bars
from jaxsparse.runs import finished

# Two of: the run's start and end, and the other's.
_PAIRS = {
  'start to other start': (0, 2),
  'start to other end': (0, 3),
  'end to other end': (1, 3),
  'start to end': (0, 1),
}
_NAMES = (
  'sign_agreement_at_init',
  'sign_agreement_with_other_end',
  'sign_agreement_at_end',
  'sign_agreement_over_training',
)


@Bars(
  title='Agreement of signs',
  caption=(
    'Of the weights that are active in both nets, those of one sign; the other'
    ' nets are of {other}',
    'half of them agree by chance',
  ),
  alt='Agreement',
  x='pair',
  y={'agreement': 'share of weights of one sign'},
  top=1.0,
)
def sign_agreement(workdirs: Sequence[pathlib.Path]) -> Result:
  """Compares the signs of two runs' weights (Zhou et al. 2019).

  Say of a run that took its signs, masks or weights from the other (`init`).

  Args:
    workdirs: of the run, and of the other.

  Returns:
    Shares of the weights active in both nets that have one sign, in [0, 1], NaN
    without any: `sign_agreement_at_init`, of the two starts,
    `sign_agreement_at_end`, of the two ends, `sign_agreement_with_other_end`,
    of the run's start and the other's end, and `sign_agreement_over_training`,
    of the run's start and its end. And a table of these.

  Raises:
    ValueError: not two finished runs of one model.
  """
  run, other = finished.load_each(workdirs, count=2)
  nets = [
    finished.solution(one, at) for one in (run, other) for at in (0, None)
  ]
  solutions.check_alike(nets[0], nets[2])
  pairs = [_agreement(nets[a], nets[b]) for a, b in _PAIRS.values()]
  agreement, shared = zip(*pairs, strict=True)
  return Result(
    dict(zip(_NAMES, agreement, strict=True)),
    {'pair': list(_PAIRS), 'agreement': agreement, 'shared': shared},
  )


def _agreement(one: Solution, two: Solution) -> tuple[float, int]:
  """Returns the share of weights of one sign, and how many are in both."""
  masks = map_masks(lambda a, b: a & b, one.masks, two.masks)
  shared = sum(int(np.sum(mask)) for mask in jax.tree.leaves(masks))
  if not shared:
    return math.nan, 0
  return float(controls.sign_agreement(one.params, two.params, masks)), shared
