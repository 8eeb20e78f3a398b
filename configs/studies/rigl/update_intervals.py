r"""ResNet-50 on ImageNet at 80 %: how often masks move, and how far.

  python -m launch.study --config=configs/studies/rigl/update_intervals.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 108 members of 32,000
steps of 4,096 images, for accelerators as the configs in `configs/imagenet`
say. Others on ImageNet share members with it: keep one RUNS for all. RigL, SET
and SNFS by interval and drop fraction. In the paper, whose numbers are in
figures, RigL is best every 100 steps with 0.3 or 0.5, and ends above 73.5 %
every 1,000; SET and SNFS are best every 50 with 0.1.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import sweeps
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return sweeps.updates()
