r"""LeNet5 on MNIST at 95 %: gradient norm at step 0, over 20 starts.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/starts.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 40 members of one step; the
pruned net, of 11,719, is that of the study `accuracy`: keep one RUNS for both.

20 seeds (2 CPU cores, x86-64, 2026-11-22): 0.0379 ± 0.0020 for the masked dense
start (the paper: 0.038), 1.97 ± 2.32 for the sparse one (0.40), a ratio of
geometric means of 29.2 [17.2, 49.6]. A second look: five of the starts, in the
study of the gradient norm, had left "ten times" undecided. All of it: starts.md
beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, starts
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return starts.starts(nets.LENET5)
