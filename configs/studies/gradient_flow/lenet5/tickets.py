r"""LeNet5 on MNIST at 95 %: tickets of other masks, and rewound later.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/tickets.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 46 members of 11,719 steps; the
5 pruned nets and the 10 of Scratch are those of the study `accuracy`: keep one
RUNS for both.

5 orders of the data each (2 CPU cores that other jobs shared, x86-64,
2026-11-22 and 23): tickets rewound to step 500 or 2,000 end at the pruned net's
accuracy (both 98.68 ± 0.01; pruned 98.66 ± 0.06), disagree with it on 0.26 and
0.23 % of the test images (Scratch 2.87 %), gain 0.04 and 0.02 points as an
ensemble (Scratch 0.85), and no barrier lies between. Those rewound to step 0 do
not: 98.22 ± 0.10 and 98.10 ± 0.10 for two more masks, which disagree with their
pruned nets 0.48 and 0.64 times as often as Scratch, with a rise of 0.15 and
2.66 nats before them. All of it: tickets.md beside this file.

Its lines are of the first 2,000 training images. On all 60,000 (`launch.analyze
interpolation --option points=15`, 2026-11-23) the rise from the tickets of step
500 is -0.0003 to -0.0004 nats in all 5 orders, that from Scratch 2.20, 2.24 and
1.83 for the first three of its five.
"""

from jaxsparse.papers.gradient_flow import nets, tickets
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return tickets.tickets(nets.LENET5)
