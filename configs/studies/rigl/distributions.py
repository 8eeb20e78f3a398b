r"""ResNet-50 on ImageNet: uniform, ER and ERK by method and sparsity.

  python -m launch.study --config=configs/studies/rigl/distributions.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 144 members of 32,000
steps of 4,096 images, for accelerators as the configs in `configs/imagenet`
say. Others on ImageNet share members with it: keep one RUNS for all. In the
paper ERK is above the other two for Static, SET, SNFS and RigL, the more so the
sparser the net, at about twice the FLOPs of uniform. Of ER it has a figure
only.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import sweeps
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return sweeps.distributions()
