"""Overlap of the masks of two or more finished members."""

import itertools
import pathlib
import statistics
from collections.abc import Mapping, Sequence

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import similarity
from jaxsparse.core import paths
from jaxsparse.core.masks import active_by_path, sizes_by_path
from jaxsparse.core.types import Masks, Path
from jaxsparse.plotting.bars import Bars
from jaxsparse.results.statistics import spread
from jaxsparse.runs import finished
from jaxsparse.training.checkpoints import load_params


@Bars(
  title='Overlap of masks by layer',
  caption=(
    'Active weights that the masks of a run share with those of {other}, of'
    ' those that either has',
    'black lines are of random masks of as many weights',
  ),
  alt='Overlap',
  x='layer',
  y={'overlap': 'intersection over union'},
  marks={'overlap': 'by_chance'},
  top=1.0,
)
def mask_overlap(workdirs: Sequence[pathlib.Path]) -> Result:
  """Computes the intersection over union of the final masks of members.

  Args:
    workdirs: of two members, or more, of which each two are compared: seeds.

  Returns:
    `mask_overlap`, over all masked leaves, in [0, 1]; of more than two members
    the mean and the deviation over all pairs. And a table by layer, of means
    over the pairs, with the expected overlap of random masks of as many weights
    (`by_chance`).

  Raises:
    ValueError: fewer than two, without masks, or of nets that differ.
  """
  if len(workdirs) < 2:
    finished.check_number(workdirs, 2)
  masks = [load_params(workdir)[1] for workdir in workdirs]
  totals, tables = zip(
    *(_overlap(*pair) for pair in itertools.combinations(masks, 2)), strict=True
  )
  number = totals[0] if len(totals) == 1 else spread(totals)
  layers = paths.natural_order(tables[0]['overlap'])
  table = {
    name: [statistics.mean(t[name][layer] for t in tables) for layer in layers]
    for name in tables[0]
  }
  return Result({'mask_overlap': number}, {'layer': layers, **table})


def _overlap(
  one: Masks, other: Masks
) -> tuple[float, dict[str, Mapping[Path, float]]]:
  """Returns the overlap of two nets, and the columns of the table."""
  total, by_layer = similarity.mask_overlap(one, other)
  return total, {
    'overlap': by_layer,
    'by_chance': similarity.chance_overlap(one, other),
    'active': active_by_path(one),
    'active_other': active_by_path(other),
    'weights': sizes_by_path(one),
  }
