r"""LeNet5 on MNIST at 95 %: whether a barrier lies before the pruned net.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/landscape.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 20 members of 11,719 steps, all
of them those of the study `accuracy`: keep one RUNS for both.
"""

from jaxsparse.experiments.papers.gradient_flow import nets, studies
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return studies.landscape(nets.LENET5)
