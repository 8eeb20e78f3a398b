"""Claims of the two papers, on runs named as in `runs`."""

from jaxsparse.claims import (
  Claim,
  Difference,
  Ordering,
  Trend,
)
from jaxsparse.papers.rigl.runs import SPARSITY

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

MNIST: Claims = (
  Ordering(
    ('static_erk', 'set_erk', 'rigl_erk', 'gmp_erk', 'dense'),
    text='Static < SET < RigL < pruning < dense.',
  ),
  Ordering(
    ('static_layers', 'set_layers', 'rigl_layers'),
    text='By layer too: Static < SET < RigL.',
  ),
  Difference(
    'rigl_erk',
    'static_erk',
    '>=',
    1.0,
    text='RigL ends a point or more above Static.',
  ),
)
# On ImageNet, for nets with uniform sparsity.
UNIFORM: Claims = (
  Ordering(
    ('static_uniform', 'set_uniform', 'rigl_uniform'),
    text='Static < SET < RigL.',
  ),
)
SNIP: Claims = (
  Ordering(('snip_uniform', 'set_uniform'), text='SNIP ends below SET.'),
)
PRUNING_ABOVE: Claims = (
  Ordering(('rigl_uniform', 'gmp_uniform'), text='Pruning ends above RigL 1x.'),
)
FIVEFOLD: Claims = (
  Ordering(
    ('gmp_uniform', 'rigl_uniform_5x'), text='RigL 5x ends above pruning.'
  ),
  Ordering(('rigl_uniform', 'rigl_erk'), text='ERK is above uniform.'),
)
LOTTERY: Claims = (
  Ordering(
    ('lottery_uniform', 'lottery_rigl_uniform', 'rigl_uniform'),
    text='A ticket does not help RigL, and less so a mask that is kept.',
  ),
  Ordering(
    ('rigl_uniform', 'rigl_uniform_2x'),
    text='What a ticket costs is better spent on a longer run.',
  ),
)
REINIT: Claims = (
  *(
    Ordering(
      (f'reinit_{spread}', f'rigl_{spread}'),
      text=f'The final masks are a poor start for fresh weights ({label}).',
    )
    for spread, label in (('uniform', 'uniform'), ('erk', 'ERK'))
  ),
)
MOBILENET: Claims = (
  Ordering(
    ('gmp_uniform', 'rigl_uniform_5x', 'rigl_erk_5x'),
    text='RigL 5x ends above pruning, and ERK above uniform.',
  ),
)
# From Sundar and Dwaraknath 2021.
REPORT: Claims = (
  Ordering(('static_uniform', 'rigl_uniform'), text='RigL ends above Static.'),
  Ordering(
    ('rigl_uniform', 'rigl_uniform_2x'),
    text='RigL gains from a run twice as long.',
  ),
  *(
    Ordering(
      (f'rigl_{spread}', f'snfs_{spread}'),
      metric='inference_flops',
      text=f'Weights that SNFS moves between layers cost FLOPs ({label}).',
    )
    for spread, label in (('uniform', 'uniform'), ('erk', 'ERK'))
  ),
)
REDISTRIBUTED: Claims = (
  *(
    Ordering(
      ('rigl_uniform', f'{method}_uniform'),
      text=f'{label} lifts nets that start uniform.',
    )
    for method, label in (('rigl_sg', 'RigL-SG'), ('rigl_sm', 'RigL-SM'))
  ),
)
STRUCTURED: Claims = (
  *(
    Ordering(
      (f'structured_{spread}', f'rigl_{spread}'),
      text=f'RigL is worse where it moves whole slices ({label}).',
    )
    for spread, label in (('uniform', 'uniform'), ('erk', 'ERK'))
  ),
  Ordering(
    ('structured_uniform', 'structured_erk'),
    text='ERK is above uniform for whole slices, too.',
  ),
)
