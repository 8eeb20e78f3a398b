r"""ResNet-50 on CIFAR-100: uniform and ERK, at equal weights and equal FLOPs.

  python -m launch.study \
    --config=configs/studies/rigl/equal_flops_cifar100.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar100 as array_record. 27 members of 88,000 steps of
128 images, for a GPU. Others of the report share members with it: keep one RUNS
for all. With the FLOPs of 90 % uniform the report has 71.77 (uniform) and 71.07
% (ERK).

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import equal_flops, report
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return equal_flops.study(
    report.CIFAR100, equal_flops.CIFAR100, 'ResNet-50 on CIFAR-100'
  )
