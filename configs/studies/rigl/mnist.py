r"""LeNet-300-100 on MNIST: Static, SET, RigL, SNFS and pruning for 6 epochs.

  python -m launch.study --config=configs/studies/rigl/mnist.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 72 members of 3,600 steps of 100
images: ERK at 98 %, and the sparsities by layer of the authors' code. The paper
has no such table: this asks in minutes of a CPU which method is better.
"""

from jaxsparse.experiments.papers.rigl import mnist
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return mnist.short()
