r"""LeNet-300-100 on MNIST at 98 %: what the weights that RigL grows start from.

  python -m launch.study --config=configs/studies/rigl/mnist_growth.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 40 members of 3,600 steps of 100
images: at 0, at random in three ways, and along the gradient. 8 of them are
those of the study `mnist`: keep one RUNS for both. The paper says that none was
better than 0; of which net, it does not say.

We have not run this to its end. `--plan` and `--dry_run` need no data.
"""

from jaxsparse.experiments.papers.rigl import growth
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return growth.starts()
