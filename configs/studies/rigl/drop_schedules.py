r"""ResNet-50 on ImageNet at 80 %: how the drop fraction of RigL decays.

  python -m launch.study --config=configs/studies/rigl/drop_schedules.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 144 members of 32,000
steps of 4,096 images, for accelerators as the configs in `configs/imagenet`
say. Others on ImageNet share members with it: keep one RUNS for all. Cosine,
constant, linear and inverse power, by interval and drop fraction. In the paper,
whose numbers are in a figure, linear is about as good as the cosine, a constant
fraction is good at 0.1 alone, and inverse power (k = 3) is worse at long
intervals.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import sweeps
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return sweeps.decays()
