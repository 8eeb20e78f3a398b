r"""LeNet-300-100 on MNIST at 98 %: what the weights that RigL grows start from.

  python -m launch.study --config=configs/studies/rigl/mnist_growth.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has mnist as array_record. 40 members of 3,600 steps of 100
images: at 0, at random in three ways, and along the gradient. 8 of them are
those of the study `mnist`: keep one RUNS for both. The paper says that none was
better than 0; of which net, it does not say.

Test accuracy, mean and standard deviation of 8 seeds (2 CPU cores that other
jobs shared, x86-64, 2026-11-23): at 0 96.62 ± 0.29 %; along the gradient 96.14
± 0.28; at random a tenth as spread as the layer 96.59 ± 0.17, as in the sparse
initialisation 85.58 ± 29.99 (one seed stays at chance), as spread as the layer
11.17 ± 0.44, two of whose seeds end in losses that are not finite. No mean is
above that of 0. All of it: mnist_growth.md beside this file.
"""

from jaxsparse.papers.rigl import growth
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return growth.starts()
