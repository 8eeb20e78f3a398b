r"""ResNet-50 on ImageNet: each method at 80, 90, 95 and 96.5 %.

  python -m launch.study --config=configs/studies/rigl/resnet50.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 159 members of 32,000
steps of 4,096 images, or five times as many, for accelerators as the configs in
`configs/imagenet` say. The paper has 74.6, 72.0, 67.5 and 65.0 % for RigL,
77.1, 76.4, 74.5 and 72.7 % for RigL 5x (ERK).

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import imagenet
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return imagenet.resnet50()
