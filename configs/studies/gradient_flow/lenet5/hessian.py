r"""LeNet5 on MNIST at 95 %: what a mask update does to the Hessian.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/hessian.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 12 members of 11,719 steps, all
of them those of the study `gradient_norm`: keep one RUNS for both.

Negative eigenvalues that the update adds, 3 seeds (2 CPU cores, 2026-11-22):
RigL+ 15.0 ± 10.4, SET+ 8.7 ± 18.0, inverted -0.3 ± 0.6; too few seeds for any
claim to be decided. All of it: hessian.md beside this file.
"""

from jaxsparse.experiments.papers.gradient_flow import nets, studies
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return studies.hessian(nets.LENET5)
