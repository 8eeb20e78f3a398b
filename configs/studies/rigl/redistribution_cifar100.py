r"""ResNet-50 on CIFAR-100: RigL-SG, RigL-SM and re-initialised nets.

  python -m launch.study \
    --config=configs/studies/rigl/redistribution_cifar100.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar100 as array_record. 48 members of 88,000 steps of
128 images, for a GPU. Others of the report share members with it: keep one RUNS
for all.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import report
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return report.redistribution(report.CIFAR100, 'ResNet-50 on CIFAR-100')
