r"""MLP 300-100 on MNIST at 98 %: what each start and each method ends with.

  python -m launch.study \
    --config=configs/studies/gradient_flow/mlp/accuracy.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 60 members of 11,719 steps;
those of the other studies here are among them, or start from them, so keep one
RUNS for all.

Test accuracy in per cent, mean and standard deviation of 5 seeds (2 CPU cores,
x86-64, 2026-11-22, ten minutes; the paper prints none): dense 98.58 ± 0.08;
pruned 97.98 ± 0.05; LT 97.83 ± 0.05; Prune Restart 98.05 ± 0.04; Scratch 97.52
± 0.13, with other inits 97.35 ± 0.17; Scratch+ 97.29 ± 0.33; SET 97.36 ± 0.14,
SET+ 97.21 ± 0.16; RigL 97.79 ± 0.10, RigL+ 97.77 ± 0.10; small dense 91.90 ±
1.30. Whether the sparse initialisation helps is undecided here. All of it, and
which claims hold: accuracy.md beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.accuracy(nets.MLP)
