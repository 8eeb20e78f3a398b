r"""WRN-22-2 on CIFAR-10: Static, SET, RigL and pruning at 90 and 95 % (ERK).

  python -m launch.study --config=studies/rigl/cifar10 \
    --workdir=DIR --override data.dir=FOLDER [--override multiplier=0.2]

27 members; `_nets.py` has settings and data. `multiplier` makes all of them
shorter but for the intervals between mask steps. The paper, which has 50 and
80 % too, has 89.0, 91.8 and 92.3 % at 95 % for Static, RigL and pruning.
"""

from jaxsparse.claims import Claim, Difference, Ordering, Trend
from jaxsparse.studies.spec import Against, Curves, Study

from ._nets import CIFAR10_DATA, CIFAR10_FIGURE, SPARSITY, WRN22_2
from ._runs import table

RUNS = ('dense', 'static_erk', 'set_erk', 'rigl_erk', 'gmp_erk')
ABOVE_STATIC: Claim = Ordering(
  ('static_erk', 'rigl_erk'), text='RigL ends above Static.'
)
NEAR_PRUNING: Claim = Difference(
  'gmp_erk', 'rigl_erk', '>=', -0.4, text='Pruning ends near RigL, or above it.'
)
_WIDENS: Claim = Trend(
  'rigl_erk',
  along=SPARSITY,
  direction='rises',
  minus='static_erk',
  text='RigL gains more over Static the sparser the net.',
)


def get_config() -> Study:
  """Returns the study."""
  return table(
    WRN22_2,
    RUNS,
    (0.9, 0.95),
    title='WRN-22-2 on CIFAR-10: method by sparsity (ERK)',
    source=CIFAR10_FIGURE,
    figures=(Against(SPARSITY), Curves('eval_accuracy')),
    claims=(ABOVE_STATIC, _WIDENS, NEAR_PRUNING),
    notes=CIFAR10_DATA,
  )
