r"""WRN-22-2 on CIFAR-10 at 95 % (ERK): every method for some hundred steps.

  python -m launch.study --config=configs/studies/rigl/cifar10_short.py \
    --workdir=DIR --override data.dir=FOLDER --override data.name=cifar10_jpeg

FOLDER is where TFDS has cifar10_jpeg, a lossy copy (JPEG) of CIFAR-10, as
array_record; leave the second override out where it has cifar10 itself. 15
members of 292 steps of 16 images (a tenth of an epoch), for 2 CPU cores: the
recipe of the paper at 1/330 of its length and an eighth of its batch, masks
changing every 10 steps. It shows that all of it works, and next to nothing
about which method is best.
"""

from jaxsparse.experiments.papers.rigl import cifar
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return cifar.short()
