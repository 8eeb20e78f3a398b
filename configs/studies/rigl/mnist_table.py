r"""LeNet-300-100 on MNIST: RigL at 99 % and RigL+, 200 epochs.

  python -m launch.study --config=configs/studies/rigl/mnist_table.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 9 members of 120,000 steps of
100 images, the defaults of the authors' code: dense, RigL, and RigL+, which is
RigL from a new start at the widths that the paper has left of RigL. The paper's
RigL ends at an error of 1.48 % and is compressed to 408 inputs and 100 and 69
units, RigL+ at 1.69 % with 375, 62 and 51.

We have not run this to its end. `--plan` and `--dry_run` need no data.
"""

from jaxsparse.experiments.papers.rigl import mnist
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return mnist.table()
