r"""LeNet-300-100 on MNIST: Static, SET, RigL, SNFS and pruning for 6 epochs.

  python -m launch.study --config=configs/studies/rigl/mnist.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 72 members of 3,600 steps of 100
images: ERK at 98 %, and the sparsities by layer of the authors' code. The paper
has no such table: this asks in minutes of a CPU which method is better.

Test accuracy in per cent, mean and standard deviation of 8 seeds (2 CPU cores
that other jobs shared, x86-64, 2026-11-23): with ERK Static 94.20 ± 0.28, SET
96.16 ± 0.14, RigL 96.62 ± 0.29, SNFS 96.91 ± 0.19, pruning 97.70 ± 0.13, dense
98.30 ± 0.15; by layer Static 96.13 ± 0.14, SET 96.83 ± 0.11, RigL 97.13 ± 0.13.
All three claims hold: mnist.md beside this file.
"""

from jaxsparse.papers.rigl import mnist
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return mnist.short()
