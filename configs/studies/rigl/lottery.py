r"""ResNet-50 on ImageNet at 80 %: whether RigL finds tickets.

  python -m launch.study --config=configs/studies/rigl/lottery.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 12 members of 32,000
steps of 4,096 images, or twice as many, for accelerators as the configs in
`configs/imagenet` say. The paper has 70.82 and 73.93 % for tickets that are
kept and moved, 74.55 % for RigL.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import imagenet
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return imagenet.lottery()
