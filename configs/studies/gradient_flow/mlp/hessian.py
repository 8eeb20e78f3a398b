r"""MLP 300-100 on MNIST at 98 %: what a mask update does to the Hessian.

  python -m launch.study \
    --config=configs/studies/gradient_flow/mlp/hessian.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 12 members of 11,719 steps, all
of them those of the study `gradient_norm`: keep one RUNS for both.

3 seeds (2 CPU cores, x86-64, 2026-11-22): of 292 ± 40 negative eigenvalues an
update adds 69 ± 40 in RigL+ (that it adds any is undecided), and takes away 68
± 28 in SET+ and 79 ± 25 where the least gradients are grown. All of it:
hessian.md beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.hessian(nets.MLP)
