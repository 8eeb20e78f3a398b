r"""LeNet-300-100 on MNIST: RigL at 99 % and RigL+, 200 epochs.

  python -m launch.study --config=configs/studies/rigl/mnist_table.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 9 members of 120,000 steps of
100 images, the defaults of the authors' code: dense, RigL, and RigL+, which is
RigL from a new start at the widths that the paper has left of RigL. The paper's
RigL ends at an error of 1.48 % and is compressed to 408 inputs and 100 and 69
units, RigL+ at 1.69 % with 375, 62 and 51.

3 seeds (2 CPU cores that other jobs shared, x86-64, 2026-11-23), the paper's in
brackets: RigL ends at an error of 1.82 ± 0.02 % (1.48) and keeps 402 inputs and
79 and 69 units (408, 100, 69), 12,630 FLOPs (12,600) and 30,541 bytes (31,914);
RigL+ at 2.44 ± 0.03 % (1.69) with 388, 52 and 47 (375, 62, 51), 6,135 FLOPs
(6,200) and 15,532 bytes (16,113). Dense: 1.40 ± 0.07 %. So their sizes come out
and their errors do not. All of it: mnist_table.md beside this file, and which
pixels are still read: mnist_table.png.
"""

from jaxsparse.papers.rigl import mnist
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return mnist.table()
