"""What Evci et al. 2022 claim, study by study."""

from jaxsparse.experiments.studies.spec import Bound, Difference, Ordering

ACCURACY = (
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
  Ordering(
    ('scratch_inits', 'scratch_plus'),
    text='The sparse init helps a fixed mask.',
  ),
  Ordering(('set', 'set_plus'), text='The sparse init helps SET.'),
  Ordering(('rigl', 'rigl_plus'), text='The sparse init helps RigL.'),
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

FUNCTION_SPACE = (
  Ordering(
    ('lottery', 'scratch'),
    metric='disagreement',
    text='A ticket disagrees less with the pruned net than Scratch does.',
  ),
)

LANDSCAPE = (
  Bound(
    'lottery',
    '<=',
    0.02,
    metric='climb_from_end',
    text='No barrier lies between a ticket and the pruned solution.',
  ),
  Bound(
    'scratch',
    '>=',
    1.0,
    metric='climb_from_end',
    text='From Scratch a barrier of over 1 nat lies before it.',
  ),
)

HESSIAN = (
  Ordering(
    ('rigl_plus', 'set_plus', 'rigl_inverted'),
    metric='negative_sum_after',
    text="RigL's update opens more descent than SET's, inverted none.",
  ),
)
