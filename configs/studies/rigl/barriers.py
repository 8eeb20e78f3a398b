r"""LeNet-300-100 on MNIST at 98 %: barriers between static and pruned nets.

  python -m launch.study --config=configs/studies/rigl/barriers.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 10 members of 3,600 steps of 100
images, and 9 analyses of 3 fitted curves each, some minutes on 2 CPU cores.
"""

from jaxsparse.experiments.papers.rigl import barriers
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return barriers.barriers()
