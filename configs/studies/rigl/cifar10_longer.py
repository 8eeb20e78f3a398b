r"""WRN-22-2 on CIFAR-10: what RigL and Static gain from twice the steps (ERK).

  python -m launch.study --config=studies/rigl/cifar10_longer \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

FOLDER is where TFDS has cifar10 as array_record; with
`--override data.name=cifar10_jpeg` a lossy copy (JPEG) of it is taken, and has
to be named beside each figure. 24 members of 97,656 or 195,312 steps of 128
images, for a GPU; 12 of them are those of the study `cifar10`: keep one RUNS
for both.

We have not run this to its end. `--plan` and `--dry_run` need neither the data
nor such a machine.
"""

from jaxsparse.claims import Ordering
from jaxsparse.studies.spec import Study

from ._nets import CIFAR10_DATA, CIFAR10_FIGURE, WRN22_2
from ._runs import table

_RUNS = ('static_erk', 'rigl_erk', 'static_erk_2x', 'rigl_erk_2x')


def get_config() -> Study:
  return table(
    WRN22_2,
    _RUNS,
    (0.9, 0.95),
    title='WRN-22-2 on CIFAR-10: twice as long (ERK)',
    source=CIFAR10_FIGURE,
    claims=(
      Ordering(
        ('rigl_erk', 'rigl_erk_2x'), text='RigL gains from a run twice as long.'
      ),
      Ordering(
        ('static_erk_2x', 'rigl_erk'),
        text='RigL ends above Static that runs twice as long.',
      ),
    ),
    notes=CIFAR10_DATA,
  )
