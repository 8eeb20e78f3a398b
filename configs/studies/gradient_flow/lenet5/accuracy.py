r"""LeNet5 on MNIST at 95 %: what each start and each method ends with.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/accuracy.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 65 members of 11,719 steps;
those of the other studies here are among them, or start from them, so keep one
RUNS for all.

Test accuracy in per cent, mean and standard deviation of 5 seeds, and the
paper's where it is to be had: dense 99.21 ± 0.06; pruned 98.66 ± 0.06 (98.30);
LT 98.07 ± 0.04 (98.52); Prune Restart 98.68 ± 0.03 (98.60); Scratch 96.85 ±
0.31 (97.04), with other inits 62.97 ± 47.13 (97.19): 2 of 5 starts stay at
chance; Scratch+ 97.48 ± 0.30; SET 28.65 ± 38.68, SET+ 97.84 ± 0.11; RigL 80.81
± 38.83, RigL+ 98.14 ± 0.14; small dense 98.36 ± 0.31. On 2 CPU cores that
other jobs shared (x86-64, 2026-11-22): six hours of members. All of it, and
which claims hold: accuracy.md beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.accuracy(nets.LENET5)
