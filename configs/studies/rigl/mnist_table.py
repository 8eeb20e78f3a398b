r"""LeNet-300-100 on MNIST: RigL at 99 % beside the dense net, 200 epochs.

  python -m launch.study --config=configs/studies/rigl/mnist_table.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 6 members of 120,000 steps of
100 images, the defaults of the authors' code. The paper's RigL ends at an error
of 1.48 % and is compressed to 408 inputs and 100 and 69 units.

We have not run this to its end. `--plan` and `--dry_run` need no data.
"""

from jaxsparse.experiments.papers.rigl import mnist
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return mnist.table()
