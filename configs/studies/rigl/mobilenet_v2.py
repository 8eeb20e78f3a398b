r"""MobileNet v2 on ImageNet: RigL 5x at 75, 85, 90 and 95 %.

  python -m launch.study --config=configs/studies/rigl/mobilenet_v2.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has imagenet2012 as array_record. 27 members of 160,000
steps of 4,096 images, but for the dense ones, for accelerators. The paper has a
figure of them, and no numbers.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import imagenet
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return imagenet.mobilenet_v2()
