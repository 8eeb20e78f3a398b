"""Overlap of the masks of two finished members."""

import pathlib
from collections.abc import Mapping, Sequence

from jaxsparse.analyses.harness.result import Result
from jaxsparse.analysis import similarity
from jaxsparse.core import paths
from jaxsparse.core.masks import active_by_path, sizes_by_path
from jaxsparse.plotting.bars import Bars
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
  """Computes the intersection over union of the final masks of two members.

  Args:
    workdirs: of the two.

  Returns:
    `mask_overlap`, over all masked leaves, in [0, 1]. And a table by layer,
    with the expected overlap of random masks of as many weights (`by_chance`).

  Raises:
    ValueError: not two, without masks, or of nets that differ.
  """
  finished.check_number(workdirs, 2)
  masks = [load_params(workdir)[1] for workdir in workdirs]
  total, by_layer = similarity.mask_overlap(*masks)
  columns: dict[str, Mapping[str, float]] = {
    'overlap': by_layer,
    'by_chance': similarity.chance_overlap(*masks),
    'active': active_by_path(masks[0]),
    'active_other': active_by_path(masks[1]),
    'weights': sizes_by_path(masks[0]),
  }
  layers = paths.natural_order(by_layer)
  table = {name: [c[layer] for layer in layers] for name, c in columns.items()}
  return Result({'mask_overlap': total}, {'layer': layers, **table})
