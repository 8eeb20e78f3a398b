r"""MLP 300-100 on MNIST at 98 %: how alike nets are as functions.

  python -m launch.study \
    --config=configs/studies/gradient_flow/mlp/function_space.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 25 members of 11,719 steps, all
of them those of the study `accuracy`: keep one RUNS for both.
"""

from jaxsparse.experiments.papers.gradient_flow import nets, studies
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return studies.function_space(nets.MLP)
