r"""LeNet5 on MNIST at 95 %: tickets of other masks, and rewound later.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/tickets.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 24 members of 11,719 steps; the
5 pruned nets are those of the study `accuracy`: keep one RUNS for both.
"""

from jaxsparse.experiments.papers.gradient_flow import nets, tickets
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return tickets.tickets(nets.LENET5)
