r"""WRN-22-2 on CIFAR-10: what RigL and Static gain from twice the steps (ERK).

  python -m launch.study --config=configs/studies/rigl/cifar10_longer.py \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; with
`--override data.name=cifar10_jpeg` a lossy copy (JPEG) of it is taken, and has
to be named beside each figure. 24 members of 97,656 or 195,312 steps of 128
images, for a GPU; 12 of them are those of the study `cifar10`: keep one RUNS
for both.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import cifar
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return cifar.longer()
