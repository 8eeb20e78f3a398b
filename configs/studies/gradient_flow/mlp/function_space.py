r"""MLP 300-100 on MNIST at 98 %: how alike nets are as functions.

  python -m launch.study \
    --config=configs/studies/gradient_flow/mlp/function_space.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 25 members of 11,719 steps, all
of them those of the study `accuracy`: keep one RUNS for both.

5 seeds (2 CPU cores, 2026-11-22): with the pruned net LT disagrees on 1.28 % of
the test images, Scratch on 2.08, another pruned net on 1.83; an ensemble of LT
gains 0.15 points, of Scratch 0.50, of pruned nets 0.54. All of it:
function_space.md beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.function_space(nets.MLP)
