r"""LeNet5 on MNIST at 95 %, no weight decay: how alike nets are as functions.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5_undecayed/function_space.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 25 members of 11,719 steps;
keep one RUNS for the studies of this folder.

5 seeds (2 CPU cores, x86-64, 2026-11-23), the paper's in brackets: LT ends at
98.60 ± 0.03 % (98.52 ± 0.02), Scratch at 96.95 ± 0.19 (97.04 ± 0.15), pruned
nets at 98.18 ± 0.32 (98.30 ± 0.23). With the pruned net LT disagrees on 1.07 %
of the test images (0.89), Scratch on 3.03 (2.78), another pruned net on 2.17
(1.97), a restart of it on 0.96 (0.77). An ensemble of LT gains 0.07 points
(0.06), of Scratch 1.05 (0.96), of pruned nets 0.80 (0.77). With the published
weight decay most of these are further from the paper's: ../lenet5.

Every sparse net has the masks of the pruned net of seed 4: of five it is the
one that ends nearest to where it started, a rule made after one ticket of each
of them had been seen (pruned_nets.py). All of it: function_space.md beside this
file.
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.function_space(nets.LENET5_UNDECAYED)
