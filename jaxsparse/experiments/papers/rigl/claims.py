"""What the two papers claim, of runs named as `runs` names them."""

from jaxsparse.experiments.papers.rigl.runs import SPARSITY
from jaxsparse.experiments.studies.spec import (
  Claim,
  Difference,
  Ordering,
  Trend,
)

Claims = tuple[Claim, ...]

ABOVE_STATIC: Claims = (
  Ordering(('static_erk', 'rigl_erk'), text='RigL ends above Static.'),
)
NEAR_PRUNING: Claims = (
  Difference(
    'gmp_erk',
    'rigl_erk',
    '>=',
    -0.4,
    text='Pruning ends near RigL, or above it.',
  ),
)
WIDENS: Claims = (
  Trend(
    'rigl_erk',
    along=SPARSITY,
    direction='rises',
    minus='static_erk',
    text='RigL gains more over Static the sparser the net.',
  ),
)
LONGER: Claims = (
  Ordering(
    ('rigl_erk', 'rigl_erk_2x'), text='RigL gains from a run twice as long.'
  ),
  Ordering(
    ('static_erk_2x', 'rigl_erk'),
    text='RigL ends above Static that runs twice as long.',
  ),
)
