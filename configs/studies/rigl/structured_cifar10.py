r"""WRN-22-2 on CIFAR-10: RigL on whole slices of convolutions.

  python -m launch.study \
    --config=configs/studies/rigl/structured_cifar10.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; with `--override
data.name=cifar10_jpeg` a lossy copy (JPEG) of it is taken, and has to be named
beside each figure. 30 members of 88,000 steps of 128 images, for a GPU. Others
of the report share members with it: keep one RUNS for all. At 90 % the report
has 87.0 (uniform) and 89.6 % (ERK), and 89.0 % for a small dense net.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import report, report_further
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return report_further.structured(report.CIFAR10, 'WRN-22-2 on CIFAR-10')
