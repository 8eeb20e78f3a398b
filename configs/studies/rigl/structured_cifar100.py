r"""ResNet-50 on CIFAR-100: RigL on whole slices of convolutions.

  python -m launch.study \
    --config=configs/studies/rigl/structured_cifar100.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar100 as array_record. 30 members of 88,000 steps of
128 images, for a GPU. Others of the report share members with it: keep one RUNS
for all. At 90 % the report has 69.1 (uniform) and 71.1 % (ERK), and 70.8 % for
a small dense net.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import report, report_further
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return report_further.structured(report.CIFAR100, 'ResNet-50 on CIFAR-100')
