"""Claims of Evci et al. 2022 about gradient flow in training, by net.

Mask updates are recorded at the next step: those at 100 to 1,000 are at 101 to
1,001.
"""

from typing import NamedTuple

from jaxsparse.claims import (
  Bound,
  Claim,
  Ordering,
  Ratio,
)

# The change of the gradient norm by a mask update.
JUMP = 'gradient_norm_after-gradient_norm_before'
_EARLY_JUMP = f'{JUMP}@100:1001'


class Flow(NamedTuple):
  """Numbers and claims of the study of the gradient norm, for one net.

  Attributes:
    metrics: columns of the table.
    claims: the paper's.
    notes: paragraphs after the notes that all nets have.
  """

  metrics: tuple[str, ...] = ('gradient_norm@0',)
  claims: tuple[Claim, ...] = ()
  notes: str = ''


AT_START = 'gradient_norm@0'
# The sparse initialisation against the masked dense one.
INIT_NORM = tuple(
  Ratio(
    'scratch_plus', 'scratch_inits', '>=', times, metric=AT_START, text=text
  )
  for times, text in (
    (
      3.0,
      'At step 0 the sparse init has three times the gradient norm of the'
      ' masked dense one.',
    ),
    (10.0, 'It has ten times that.'),
  )
)
_START = (
  *INIT_NORM,
  Ratio(
    'lottery',
    'scratch_inits',
    '<=',
    2.0,
    metric=AT_START,
    text='A ticket starts with as little gradient as Scratch.',
  ),
)
_JUMPS = (
  Ordering(
    ('set_plus', 'rigl_plus'),
    metric=_EARLY_JUMP,
    text='A mask update raises the gradient norm more in RigL+ than in SET+.',
  ),
  Ordering(
    ('rigl_inverted', 'rigl_plus'),
    metric=_EARLY_JUMP,
    text='It does more in RigL+ than where the least gradients are grown.',
  ),
)
_EARLY_COLUMNS = (
  AT_START,
  'gradient_norm@400',
  'gradient_norm@1000',
)

LENET5 = Flow(
  (*_EARLY_COLUMNS, 'probe_loss@400', 'probe_loss@500', _EARLY_JUMP),
  (
    *_START,
    Bound(
      'scratch_inits',
      '>=',
      2.25,
      metric='probe_loss@500',
      text='At step 500 Scratch is still on the plateau, at ln 10 = 2.303.',
    ),
    Bound(
      'scratch_inits',
      '<=',
      0.1,
      metric='gradient_norm@500',
      text='Scratch has hardly a gradient there.',
    ),
    Bound(
      'lottery',
      '<=',
      2.0,
      metric='probe_loss@400',
      text='A ticket has left the plateau by step 400.',
    ),
    Bound(
      'scratch_plus',
      '<=',
      1.15,
      metric='probe_loss@500',
      text='At step 500 Scratch+ is at half of ln 10 or below.',
    ),
    Bound(
      'rigl_plus',
      '<=',
      1.15,
      metric='probe_loss@500',
      text='So is RigL+.',
    ),
    Ordering(
      ('scratch_plus', 'rigl_plus'),
      metric='gradient_norm@200:1400',
      text='Over 1,400 steps more gradient flows in RigL+ than in Scratch+.',
    ),
    Ordering(
      ('small_dense', 'rigl_plus'),
      metric='gradient_norm@200:1400',
      text='More flows in RigL+ than in the small dense net.',
    ),
    *_JUMPS,
    Bound(
      'rigl_plus',
      '>=',
      0.3,
      metric=_EARLY_JUMP,
      text="RigL+'s mask updates raise the gradient norm.",
    ),
    Bound(
      'set_plus',
      '<=',
      0.3,
      metric=_EARLY_JUMP,
      text="SET+'s do so little.",
    ),
    Bound(
      'set_plus',
      '>=',
      -0.1,
      metric=_EARLY_JUMP,
      text="SET+'s do not lower it either.",
    ),
    Bound(
      'rigl_inverted',
      '<=',
      0.05,
      metric=_EARLY_JUMP,
      text='Where the least gradients are grown it does not rise.',
    ),
    Bound(
      'rigl_inverted',
      '>=',
      -0.05,
      metric=_EARLY_JUMP,
      text='It does not fall there either.',
    ),
  ),
  (
    '\n\nThe paper, read off its figures: at step 0 Scratch+ has 0.33 to 0.47,'
    ' RigL+ 0.32 to 0.47, the small dense net 0.19 to 0.45 (the table has the'
    ' middle of each band); Scratch stays near'
    ' 0.035 until about step 900, LT until about 300. Mask updates add, at'
    ' steps 100, 200, 300, 500, 600 and 1,000: in RigL+ 1.21, 1.49, 0.77, 0.68,'
    ' 1.00 and 0.49; in SET+ 0.06, 0.19, 0.05, 0.06, 0.13 and 0.00; in RigL+'
    ' inverted -0.06, then 0.00.'
  ),
)
# So shallow a net has no long plateau: the claims are that a better start has
# an effect in the first steps.
MLP = Flow(
  (*_EARLY_COLUMNS, 'probe_loss@100', _EARLY_JUMP),
  (
    *_START,
    Ordering(
      ('scratch_plus', 'scratch_inits'),
      metric='probe_loss@100',
      text='At step 100 Scratch+ has a lower loss than Scratch.',
    ),
    Ordering(
      ('lottery', 'scratch_inits'),
      metric='probe_loss@100',
      text='At step 100 a ticket has a lower loss than Scratch.',
    ),
    *_JUMPS,
  ),
)
# Without BatchNorm the start decides for thousands of steps.
VGG16 = Flow(
  tuple(f'gradient_norm@{step}' for step in (250, 1000, 5000, 20_000)),
  (
    Ratio(
      'scratch_plus',
      'scratch_inits',
      '>=',
      10.0,
      metric='gradient_norm@5000',
      text='At step 5,000 Scratch+ has ten times the gradient norm of Scratch.',
    ),
    Bound(
      'lottery',
      '<=',
      0.01,
      metric='gradient_norm@20000',
      text='A ticket has no gradient then either: it never trains.',
    ),
    Ordering(
      ('scratch_plus', 'rigl_plus'),
      metric='gradient_norm@250:20000',
      text='Over 20,000 steps more gradient flows in RigL+ than in Scratch+.',
    ),
    *_JUMPS,
  ),
)
# With BatchNorm all are similar after some 1,500 steps.
RESNET50 = Flow(
  tuple(f'gradient_norm@{step}' for step in (50, 300, 1000, 5000)), _JUMPS
)
