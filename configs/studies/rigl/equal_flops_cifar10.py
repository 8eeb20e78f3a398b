r"""WRN-22-2 on CIFAR-10: uniform and ERK, at equal weights and equal FLOPs.

  python -m launch.study \
    --config=configs/studies/rigl/equal_flops_cifar10.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; with `--override
data.name=cifar10_jpeg` a lossy copy (JPEG) of it is taken, and has to be named
beside each figure. 27 members of 88,000 steps of 128 images, for a GPU. Others
of the report share members with it: keep one RUNS for all. With the FLOPs of 90
% uniform the report has 91.72 (uniform) and 91.43 % (ERK).

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import equal_flops, report
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return equal_flops.study(
    report.CIFAR10, equal_flops.CIFAR10, 'WRN-22-2 on CIFAR-10'
  )
