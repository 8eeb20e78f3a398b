r"""LeNet5 on MNIST at 95 %, no weight decay: tickets of five pruned nets.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5_undecayed/pruned_nets.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 30 members of 11,719 steps; the
5 pruned nets and the 10 of Scratch are those of the study `function_space`.

3 orders of the data each (2 CPU cores, x86-64, 2026-11-23): whether a ticket
comes back to what was pruned goes with how far that ended from where it
started. Of nets at a distance of 13.3, 13.7, 14.5, 16.1 and 18.0 the ticket
disagrees with its net on 1.03, 1.18, 1.64, 2.01 and 3.14 % of the test images
(Scratch on 3.03), with a rise in loss before it of -0.001, 0.009, 0.013, 0.20
and 1.14 nats. The paper shows the ticket of one net, which ends 0.23 points
above the mean of its five; the first two of ours are alike to that. All of it:
pruned_nets.md and the figure pruned_nets.png beside this file.
"""

from jaxsparse.papers.gradient_flow import nets, pruned_nets
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return pruned_nets.pruned_nets(nets.LENET5_UNDECAYED)
