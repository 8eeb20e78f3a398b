r"""ResNet-50 on ImageNet at 99 % (ERK): RigL for 5 to 100 times as long.

  python -m launch.study --config=configs/studies/rigl/resnet50_99.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 12 members of 160,000 to
3,200,000 steps of 4,096 images, for accelerators as the configs in
`configs/imagenet` say. The paper's authors give 61.86, 63.89, 66.94 and 68.15 %
with their code, for 5, 10, 40 and 100 times as long.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import longer
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return longer.resnet50()
