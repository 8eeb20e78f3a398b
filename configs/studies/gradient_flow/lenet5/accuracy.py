r"""LeNet5 on MNIST at 95 %: what each start and each method ends with.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/accuracy.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 65 members of 11,719 steps;
those of the other studies here are among them, or start from them, so keep one
RUNS for all.
"""

from jaxsparse.experiments.papers.gradient_flow import nets, studies
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return studies.accuracy(nets.LENET5)
