r"""MobileNet v1 on ImageNet: RigL 5x at 75, 85, 90 and 95 %.

  python -m launch.study --config=configs/studies/rigl/mobilenet_v1.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 75 members of 32,000
steps of 4,096 images, most of them five times as many, for accelerators. The
paper has 71.5 and 67.0 % for RigL at 75 and 90 % (uniform), 71.9 and 68.1 %
with ERK. What it leaves open is said in the configs.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import imagenet
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return imagenet.mobilenet_v1()
