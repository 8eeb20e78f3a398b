r"""WRN-22-2 on CIFAR-10: RigL-SG, RigL-SM and re-initialised nets.

  python -m launch.study \
    --config=configs/studies/rigl/redistribution_cifar10.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; with `--override
data.name=cifar10_jpeg` a lossy copy (JPEG) of it is taken, and has to be named
beside each figure. 48 members of 88,000 steps of 128 images, for a GPU. Others
of the report share members with it: keep one RUNS for all.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import report
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return report.redistribution(report.CIFAR10, 'WRN-22-2 on CIFAR-10')
