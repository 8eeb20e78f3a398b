r"""LeNet5 on MNIST at 95 %: what a mask update does to the Hessian.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/hessian.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 20 members of 11,719 steps, all
of them those of the study `gradient_norm`: keep one RUNS for both.

Negative eigenvalues that the update adds, 5 seeds (2 CPU cores, 2026-11-22):
RigL+ 17.6 ± 8.2, SET+ 5.2 ± 14.3, inverted 0.0 ± 0.7. That RigL's adds some
and the inverted none holds; RigL's against SET's is undecided. Three of the
seeds, looked at first, had left all of it undecided. All of it: hessian.md
beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.hessian(nets.LENET5, seeds=5)
