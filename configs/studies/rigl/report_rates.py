r"""WRN-22-2 on CIFAR-10 at 80 %: learning rates of RigL, and of the dense net.

  python -m launch.study --config=configs/studies/rigl/report_rates.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; with `--override
data.name=cifar10_jpeg` a lossy copy (JPEG) of it is taken, and has to be named
beside each figure. 108 members of 88,000 steps of 128 images, for a GPU. Others
of the report share members with it: keep one RUNS for all. Four rates, by drop
fraction and interval: the report finds 0.1 and 0.05 near the best everywhere,
as for the dense net, and that more than 0.1 diverges; its accuracies are in
figures.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import report_tuning
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return report_tuning.rates()
