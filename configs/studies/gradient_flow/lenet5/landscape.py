r"""LeNet5 on MNIST at 95 %: whether a barrier lies before the pruned net.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/landscape.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 20 members of 11,719 steps, all
of them those of the study `accuracy`: keep one RUNS for both.

5 seeds (2 CPU cores, 2026-11-22), the paper's in brackets where it has one. On
the line from the end of a run to the pruned solution the training loss rises
by 0.055 nats from LT and by 2.13 from Scratch; half way it is 0.10 (0.04) and
2.20 (1.85), and from where they start 1.69 (1.52) and 2.03 (1.90). L2 distance
to it, before and after training: LT 10.3 and 9.1, Scratch 12.0 and 17.2. All
of it: landscape.md beside this file, with landscape_lines.png (the loss on the
lines; bands are of the seeds) and landscape_map.png (MDS of the distances;
hollow: where a net starts).
"""

from jaxsparse.papers.gradient_flow import nets, studies
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return studies.landscape(nets.LENET5)
