r"""WRN-22-2 on CIFAR-10: Static, SET, RigL and pruning at 90 and 95 % (ERK).

  python -m launch.study --config=configs/studies/rigl/cifar10.py \
    --workdir=DIR --override data.dir=FOLDER [--override multiplier=0.2]

FOLDER is where TFDS has cifar10 as array_record; with
`--override data.name=cifar10_jpeg` a lossy copy (JPEG) of it is taken, and has
to be named beside each figure. 27 members of 97,656 steps of 128 images, for a
GPU; `multiplier` makes all of them shorter but for the intervals between mask
steps. The paper has 89.0, 91.8 and 92.3 % at 95 % for Static, RigL and pruning.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.papers.rigl import cifar
from jaxsparse.studies.spec import Study


def get_config() -> Study:
  return cifar.methods()
