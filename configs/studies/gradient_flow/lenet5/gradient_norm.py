r"""LeNet5 on MNIST at 95 %: how much gradient flows as training goes on.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/gradient_norm.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 50 members of 11,719 steps, 45
of them those of the study `accuracy`: keep one RUNS for both. The norm of the
masked gradient on the first 1,000 training images, every 100 steps and on both
sides of each mask update.

Gradient norm at step 0, 5 seeds (2 CPU cores, 2026-11-22): Scratch 0.037 (the
paper: 0.038), LT 0.038 (0.042), Scratch+ and RigL+ 3.5 ± 3.9 (0.33 to 0.47),
small dense 0.38 (0.19 to 0.45); the sparse init has 49 times the masked dense
one's in the geometric mean, 8 to 289 at 95 %. Mask updates until step 1,000
add 0.64 in RigL+, 0.08 in SET+, 0.01 where the least gradients are grown. All
of it: gradient_norm.md beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.gradient_norm(nets.LENET5)
