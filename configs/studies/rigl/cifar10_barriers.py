r"""WRN-22-2 on CIFAR-10 at 95 %: barriers between static and pruned nets.

  python -m launch.study --config=studies/rigl/cifar10_barriers \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; `_nets.py` has more on the
data. 10 members of 97,656 steps of 128 images, and 9 analyses of 3 fitted
curves each, for a GPU; we have not run it to its end. The question of
`barriers`, whose small net has no barrier on fitted curves among sparse nets
where the paper's has one: is that the size of the net? Statistics of BatchNorm
are recomputed at each point of a path, and curves fitted in training mode, as
in Garipov et al. 2018, whose method the paper takes.

**Deviations**: ERK at 95 %, where Static and pruning are as far apart as those
of ResNet-50 on ImageNet at 80 %, which the paper has.
"""

import dataclasses

from jaxsparse.studies.spec import Study

from ._nets import CIFAR10_DATA
from .barriers import study


def get_config() -> Study:
  """Returns the study."""
  barriers = study(
    'WRN-22-2 on CIFAR-10 at 95 %',
    'cifar10/wrn22_2',
    97_656,
    probe_size=2000,
    options={'examples': 10_000, 'steps': 10_000, 'batch_norm': 'recomputed'},
  )
  return dataclasses.replace(barriers, notes=f'{barriers.notes} {CIFAR10_DATA}')
