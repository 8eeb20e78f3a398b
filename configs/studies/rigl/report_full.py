r"""WRN-22-2 on all of CIFAR-10: the first table of the reproducibility report.

  python -m launch.study --config=configs/studies/rigl/report_full.py \
    --workdir=DIR --override data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; with `--override
data.name=cifar10_jpeg` a lossy copy (JPEG) of it is taken, and has to be named
beside each figure. 30 members of 97,656 steps of 128 images, for a GPU. At 90 %
(ERK) the report has 91.6, 93.2 and 93.2 % for Static, pruning and RigL, and the
paper, as quoted there, 91.6, 93.3 and 93.1 %.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import report_further
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return report_further.full()
