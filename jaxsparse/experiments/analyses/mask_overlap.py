"""How much the masks of two finished members overlap."""

import pathlib
from collections.abc import Sequence

from jaxsparse.analysis import similarity
from jaxsparse.experiments import finished
from jaxsparse.training.checkpoints import load_params


def mask_overlap(workdirs: Sequence[pathlib.Path]) -> dict[str, float]:
  """Intersection over union of the active weights at the end of two members.

  Args:
    workdirs: of the two.

  Returns:
    `mask_overlap`, over all masked leaves, in [0, 1].

  Raises:
    ValueError: not two, without masks, or of nets that differ.
  """
  finished.check_number(workdirs, 2)
  masks = [load_params(workdir)[1] for workdir in workdirs]
  total, _ = similarity.mask_overlap(*masks)
  return {'mask_overlap': total}
