r"""WRN-22-2 on CIFAR-10: what RigL and Static gain from twice the steps (ERK).

  python -m launch.study --config=studies/rigl/cifar10_longer \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

24 members, 12 of them those of the study `cifar10`: keep one RUNS for both.
`_nets.py` has settings and data.
"""

from jaxsparse.claims import Ordering
from jaxsparse.studies.spec import Study

from ._nets import CIFAR10_DATA, CIFAR10_FIGURE, WRN22_2
from ._runs import table

_RUNS = ('static_erk', 'rigl_erk', 'static_erk_2x', 'rigl_erk_2x')


def get_config() -> Study:
  """Returns the study."""
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
