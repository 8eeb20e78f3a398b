r"""MLP 300-100 on MNIST at 98 %: whether a barrier lies before the pruned net.

  python -m launch.study \
    --config=configs/studies/gradient_flow/mlp/landscape.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 20 members of 11,719 steps, all
of them those of the study `accuracy`: keep one RUNS for both.

5 seeds (2 CPU cores, 2026-11-22), nats on all training images: on the line to
the pruned solution the loss rises by 0.094 ± 0.032 from where LT ends, by
1.35 ± 0.14 from where Scratch ends. All of it: landscape.md beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.landscape(nets.MLP)
