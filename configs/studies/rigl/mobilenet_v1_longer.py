r"""MobileNet v1 on ImageNet at 90 %: RigL for 5 to 100 times as long.

  python -m launch.study --config=configs/studies/rigl/mobilenet_v1_longer.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 18 members of 160,000 to
3,200,000 steps of 4,096 images, for accelerators as the configs in
`configs/imagenet` say. Others on ImageNet share members with it: keep one RUNS
for all. Of uniform nets the paper has 67.0 % for 5 times as long, and its
authors give 69.28, 70.25 and 70.59 % with their code, for 10, 50 and 100 times.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import longer
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return longer.mobilenet_v1()
