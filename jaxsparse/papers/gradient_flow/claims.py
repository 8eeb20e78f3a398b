"""Claims of Evci et al. 2022, by study."""

from jaxsparse.claims import (
  Bound,
  Claim,
  Difference,
  Ordering,
  Ratio,
)

Claims = tuple[Claim, ...]

# The change by a mask update of the number of negative eigenvalues, and of
# their sum.
NEW_EIGENVALUES = 'negative_eigenvalues_after-negative_eigenvalues_before'
NEW_DESCENT = 'negative_sum_after-negative_sum_before'
# The change of the distance to the pruned solution in training.
_AWAY = 'distance_at_end-distance_at_start'

TICKET = (
  Difference(
    'lottery',
    'scratch',
    '>=',
    1.0,
    text='A ticket ends a point above a fresh start of its mask.',
  ),
  Difference(
    'lottery',
    'pruned',
    '>=',
    -0.25,
    text='A ticket ends at the accuracy of the pruned net.',
  ),
  Difference(
    'pruned',
    'scratch',
    '>=',
    1.0,
    text='The pruned net ends a point above a fresh start of its mask.',
  ),
)
# For a net that no signal passes through when it is rewound.
DEAD_TICKET = (
  Bound(
    'lottery',
    '<=',
    1.0,
    text='The ticket never trains: it ends near chance.',
  ),
)
INIT = (
  Ordering(
    ('scratch_inits', 'scratch_plus'),
    text='The sparse init helps a fixed mask.',
  ),
  Ordering(('set', 'set_plus'), text='The sparse init helps SET.'),
  Ordering(('rigl', 'rigl_plus'), text='The sparse init helps RigL.'),
)
METHODS = (
  Ordering(
    ('scratch_plus', 'rigl_plus'),
    text='Moving masks by gradient helps beyond the init.',
  ),
  Ordering(('set_plus', 'rigl_plus'), text='RigL+ ends above SET+.'),
  Ordering(
    ('small_dense', 'pruned'),
    text='A pruned net ends above a dense one of as many weights.',
  ),
)

FUNCTION_SPACE: Claims = (
  Ratio(
    'lottery',
    'scratch',
    '<=',
    0.5,
    metric='disagreement',
    text=(
      'A ticket disagrees with the pruned net less than half as often as'
      ' Scratch does.'
    ),
  ),
  Ordering(
    ('lottery', 'pruned_others'),
    metric='disagreement',
    text='It does so less often than another pruned net.',
  ),
  Ordering(
    ('lottery', 'pruned', 'scratch'),
    metric='pairwise_disagreement',
    text='Tickets agree more than pruned nets do, and these more than Scratch.',
  ),
  Ordering(
    ('lottery', 'scratch'),
    metric='ensemble_gain',
    text='An ensemble gains less from tickets than from Scratch.',
  ),
)
# The gain of ensembles where accuracy is nearly perfect, as on MNIST.
GAINS: Claims = (
  Bound(
    'lottery',
    '<=',
    0.1,
    metric='ensemble_gain',
    text='An ensemble of tickets gains next to nothing.',
  ),
  Bound(
    'scratch',
    '>=',
    0.5,
    metric='ensemble_gain',
    text='One of Scratch gains about a point: half a point or more.',
  ),
  Bound(
    'pruned',
    '>=',
    0.5,
    metric='ensemble_gain',
    text='One of pruned nets does, too.',
  ),
)

LANDSCAPE: Claims = (
  Bound(
    'lottery',
    '<=',
    0.02,
    metric='rise_from_end',
    text='No barrier lies between a ticket and the pruned solution.',
  ),
  *(
    Bound(
      name,
      '>=',
      1.0,
      metric='rise_from_end',
      text=f'From {label} a barrier of over 1 nat lies before it.',
    )
    for name, label in (
      ('scratch', 'Scratch'),
      ('scratch_inits', 'Scratch with other inits'),
    )
  ),
  Bound(
    'scratch_inits',
    '<=',
    0.02,
    metric='rise_from_start',
    text='From where Scratch starts there is none.',
  ),
  # A single start has no spread; those of `scratch_inits` do.
  Ordering(
    ('lottery', 'scratch_inits'),
    metric='middle_loss_from_start',
    text='Half way there the loss is lower from the start of a ticket.',
  ),
  Ordering(
    ('lottery', 'scratch_inits'),
    metric='distance_at_start',
    text='A ticket starts nearer to the pruned solution than Scratch.',
  ),
  Bound(
    'lottery',
    '<=',
    0.0,
    metric=_AWAY,
    text='A ticket comes nearer to it in training.',
  ),
  Bound(
    'scratch_inits',
    '>=',
    0.0,
    metric=_AWAY,
    text='Scratch goes away from it.',
  ),
)

HESSIAN: Claims = (
  Bound(
    'rigl_plus',
    '>=',
    1.0,
    metric=NEW_EIGENVALUES,
    text="A mask update of RigL's adds negative eigenvalues.",
  ),
  Bound(
    'rigl_inverted',
    '<=',
    1.0,
    metric=NEW_EIGENVALUES,
    text='One that grows the least gradients adds none, or not one.',
  ),
  Ordering(
    ('set_plus', 'rigl_plus'),
    metric=NEW_EIGENVALUES,
    text="RigL's adds more than SET's.",
  ),
  *(
    Ordering(('rigl_plus', name), metric=NEW_DESCENT, text=text)
    for name, text in (
      ('set_plus', "The sum of negative ones falls more than with SET's."),
      ('rigl_inverted', 'It falls more than where the least are grown.'),
    )
  ),
)
