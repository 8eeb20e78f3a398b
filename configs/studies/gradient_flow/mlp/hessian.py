r"""MLP 300-100 on MNIST at 98 %: what a mask update does to the Hessian.

  python -m launch.study \
    --config=configs/studies/gradient_flow/mlp/hessian.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 12 members of 11,719 steps, all
of them those of the study `gradient_norm`: keep one RUNS for both.
"""

from jaxsparse.experiments.papers.gradient_flow import nets, studies
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return studies.hessian(nets.MLP)
