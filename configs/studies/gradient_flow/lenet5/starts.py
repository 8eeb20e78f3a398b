r"""LeNet5 on MNIST at 95 %: gradient norm at step 0, over 20 starts.

  python -m launch.study \
    --config=configs/studies/gradient_flow/lenet5/starts.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has MNIST as array_record. 40 members of one step; the
pruned net, of 11,719, is that of the study `accuracy`: keep one RUNS for both.
"""

from jaxsparse.experiments.papers.gradient_flow import nets, starts
from jaxsparse.experiments.studies.spec import Study


def get_config() -> Study:
  return starts.starts(nets.LENET5)
