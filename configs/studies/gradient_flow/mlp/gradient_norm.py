r"""MLP 300-100 on MNIST at 98 %: how much gradient flows as training goes on.

  python -m launch.study \
    --config=configs/studies/gradient_flow/mlp/gradient_norm.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 50 members of 11,719 steps, 45
of them those of the study `accuracy`: keep one RUNS for both. The norm of the
masked gradient on the first 1,000 training images, every 100 steps and on both
sides of each mask update.
"""

from jaxsparse.experiments.papers.gradient_flow import nets, studies
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return studies.gradient_norm(nets.MLP)
