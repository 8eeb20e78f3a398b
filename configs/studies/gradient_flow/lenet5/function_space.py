r"""LeNet5 on MNIST at 95 %: how alike nets are as functions.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/function_space.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 25 members of 11,719 steps, all
of them those of the study `accuracy`: keep one RUNS for both.

5 seeds (2 CPU cores, 2026-11-22), the paper's in brackets: with the pruned net
LT disagrees on 1.54 % of the test images (0.89), Scratch on 2.87 (2.78),
another pruned net on 1.38 (1.97); an ensemble of LT gains 0.11 points (0.06),
of Scratch 0.85 (0.96), of pruned nets 0.36 (0.77). All of it:
function_space.md beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.function_space(nets.LENET5)
