r"""MLP 300-100 on MNIST at 98 %: how much gradient flows as training goes on.

  python -m launch.study \
    --config=configs/studies/gradient_flow/mlp/gradient_norm.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 50 members of 11,719 steps, 45
of them those of the study `accuracy`: keep one RUNS for both. The norm of the
masked gradient on the first 1,000 training images, every 100 steps and on both
sides of each mask update.

5 seeds (2 CPU cores, 2026-11-22): at step 0 the sparse initialisation has 17.7
times the gradient norm of the masked dense one [15.1, 20.8]; at step 100 the
loss is 0.39 with it, 0.72 without, 0.33 for LT. A mask update adds 0.41 ± 0.45
in RigL+ and 0.03 ± 0.06 in SET+: two updates lie in the window, too few to
decide. All of it: gradient_norm.md beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.gradient_norm(nets.MLP)
