r"""How much gradient flows as training goes on, and at mask updates.

  python -m launch.study --config=studies/gradient_flow/gradient_norm:lenet5 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: lenet5 (95 %), mlp (300-100, 98 %), resnet50, vgg16 (80 %). FOLDER is
where TFDS has MNIST, or imagenet2012, as array_record. 50 members of 11,719
steps, 45 of them those of the study `accuracy`: keep one RUNS for both. The
norm of the masked gradient on the first 1,000 training images, every 100 steps
(ResNet-50: 50, VGG16: 250) and on both sides of each mask update.

On 2 CPU cores LeNet5 takes hours of members, the MLP minutes; results:
gradient_norm.md in the folder of each net.

The nets on ImageNet (50 members of 32,000 steps of 4,096 images, or of 128,000
of 1,024) are for accelerators, as their configs say; we have not run them to
their end. `--plan` and `--dry_run` need neither the data nor such a machine.
`_nets.py` says what the paper leaves open. Its norms are read off its figures,
of the batch trained on, with the L2 term. VGG16, at steps 250, 2,000, 10,000
and 36,000: Scratch 0.006, 0.01, 0.64, 2.65; Scratch+ 0.15, 2.67, 2.74, 2.63;
RigL+ 0.30, 2.96, 3.20, 3.28; small dense 0.26, 2.20, 2.94, 2.52; LT near 0
throughout. ResNet-50, at updates: RigL (not RigL+) gains up to 0.42 near step
700, SET 0.08, RigL inverted about 0.
"""

from jaxsparse.claims import Bound, Claim, Ordering, Ratio, with_texts
from jaxsparse.studies.spec import Curves, Study

from . import _nets
from ._runs import runs

NETS = ('lenet5', 'mlp', 'resnet50', 'vgg16')

_RUNS = (
  *('scratch_inits', 'scratch_plus', 'lottery', 'rigl', 'rigl_plus'),
  *('rigl_inverted', 'set', 'set_plus', 'small_dense'),
)
# The last step of figures of early training.
_EARLY = 2000
START = 'gradient_norm@0'
# The change of the gradient norm by a mask update. Updates are recorded at the
# next step: those at 100 to 1,000 are at 101 to 1,001.
_JUMP = 'gradient_norm_after-gradient_norm_before'
EARLY_JUMP = f'{_JUMP}@100:1001'
# The sparse initialisation against the masked dense one.
INIT_NORM: dict[str, Claim] = {
  (
    'At step 0 the sparse init has three times the gradient norm of the'
    ' masked dense one.'
  ): Ratio('scratch_plus', 'scratch_inits', '>=', 3.0, metric=START),
  'It has ten times that.': Ratio(
    'scratch_plus', 'scratch_inits', '>=', 10.0, metric=START
  ),
}
_STARTS: dict[str, Claim] = {
  **INIT_NORM,
  'A ticket starts with as little gradient as Scratch.': Ratio(
    'lottery', 'scratch_inits', '<=', 2.0, metric=START
  ),
}
_JUMPS: dict[str, Claim] = {
  'A mask update raises the gradient norm more in RigL+ than in SET+.': (
    Ordering(('set_plus', 'rigl_plus'), metric=EARLY_JUMP)
  ),
  'It does more in RigL+ than where the least gradients are grown.': Ordering(
    ('rigl_inverted', 'rigl_plus'), metric=EARLY_JUMP
  ),
}
_LENET5: dict[str, Claim] = {
  **_STARTS,
  'At step 500 Scratch is still on the plateau, at ln 10 = 2.303.': Bound(
    'scratch_inits', '>=', 2.25, metric='probe_loss@500'
  ),
  'Scratch has hardly a gradient there.': Bound(
    'scratch_inits', '<=', 0.1, metric='gradient_norm@500'
  ),
  'A ticket has left the plateau by step 400.': Bound(
    'lottery', '<=', 2.0, metric='probe_loss@400'
  ),
  'At step 500 Scratch+ is at half of ln 10 or below.': Bound(
    'scratch_plus', '<=', 1.15, metric='probe_loss@500'
  ),
  'So is RigL+.': Bound('rigl_plus', '<=', 1.15, metric='probe_loss@500'),
  'Over 1,400 steps more gradient flows in RigL+ than in Scratch+.': Ordering(
    ('scratch_plus', 'rigl_plus'), metric='gradient_norm@200:1400'
  ),
  'More flows in RigL+ than in the small dense net.': Ordering(
    ('small_dense', 'rigl_plus'), metric='gradient_norm@200:1400'
  ),
  **_JUMPS,
  "RigL+'s mask updates raise the gradient norm.": Bound(
    'rigl_plus', '>=', 0.3, metric=EARLY_JUMP
  ),
  "SET+'s do so little.": Bound('set_plus', '<=', 0.3, metric=EARLY_JUMP),
  "SET+'s do not lower it either.": Bound(
    'set_plus', '>=', -0.1, metric=EARLY_JUMP
  ),
  'Where the least gradients are grown it does not rise.': Bound(
    'rigl_inverted', '<=', 0.05, metric=EARLY_JUMP
  ),
  'It does not fall there either.': Bound(
    'rigl_inverted', '>=', -0.05, metric=EARLY_JUMP
  ),
}
# So shallow a net has no long plateau: the claims are that a better start has
# an effect in the first steps.
_MLP: dict[str, Claim] = {
  **_STARTS,
  'At step 100 Scratch+ has a lower loss than Scratch.': Ordering(
    ('scratch_plus', 'scratch_inits'), metric='probe_loss@100'
  ),
  'At step 100 a ticket has a lower loss than Scratch.': Ordering(
    ('lottery', 'scratch_inits'), metric='probe_loss@100'
  ),
  **_JUMPS,
}
# Without BatchNorm the start decides for thousands of steps.
_VGG16: dict[str, Claim] = {
  'At step 5,000 Scratch+ has ten times the gradient norm of Scratch.': Ratio(
    'scratch_plus', 'scratch_inits', '>=', 10.0, metric='gradient_norm@5000'
  ),
  'A ticket has no gradient then either: it never trains.': Bound(
    'lottery', '<=', 0.01, metric='gradient_norm@20000'
  ),
  'Over 20,000 steps more gradient flows in RigL+ than in Scratch+.': Ordering(
    ('scratch_plus', 'rigl_plus'), metric='gradient_norm@250:20000'
  ),
  **_JUMPS,
}


def _norms(*steps: int) -> tuple[str, ...]:
  return tuple(f'gradient_norm@{step}' for step in steps)


# The columns of the table and the claims of each net. With BatchNorm, in
# ResNet-50, all are similar after some 1,500 steps.
_BY_NET: dict[str, tuple[tuple[str, ...], dict[str, Claim]]] = {
  'lenet5': (
    (*_norms(0, 400, 1000), *('probe_loss@400', 'probe_loss@500', EARLY_JUMP)),
    _LENET5,
  ),
  'mlp': ((*_norms(0, 400, 1000), 'probe_loss@100', EARLY_JUMP), _MLP),
  'resnet50': (_norms(50, 300, 1000, 5000), _JUMPS),
  'vgg16': (_norms(250, 1000, 5000, 20_000), _VGG16),
}
_LENET5_NOTES = (
  '\n\nThe paper, read off its figures: at step 0 Scratch+ has 0.33 to 0.47,'
  ' RigL+ 0.32 to 0.47, the small dense net 0.19 to 0.45 (the table has the'
  ' middle of each band); Scratch stays near'
  ' 0.035 until about step 900, LT until about 300. Mask updates add, at'
  ' steps 100, 200, 300, 500, 600 and 1,000: in RigL+ 1.21, 1.49, 0.77, 0.68,'
  ' 1.00 and 0.49; in SET+ 0.06, 0.19, 0.05, 0.06, 0.13 and 0.00; in RigL+'
  ' inverted -0.06, then 0.00.'
)


def get_config(name: str = 'lenet5') -> Study:
  """Returns the study of a net."""
  net = _nets.net(name, NETS)
  metrics, claims = _BY_NET[name]
  return Study(
    title=f'{net.title}: gradient norm during training',
    source=net.where('the figures of the gradient norm'),
    runs=runs(net, ('pruned', *_RUNS)),
    metrics=metrics,
    figures=(
      Curves('gradient_norm', log=True, runs=_RUNS),
      Curves('probe_loss', log=True, runs=_RUNS),
      Curves('gradient_norm', log=True, runs=_RUNS, last_step=_EARLY),
      Curves(
        _JUMP, runs=('rigl_plus', 'set_plus', 'rigl_inverted'), last_step=_EARLY
      ),
    ),
    claims=with_texts(claims),
    notes=(
      'The norm of the masked gradient, and the loss, on the first 1,000'
      ' training images. What a mask update does to it is recorded at the step'
      ' after; in SET, weights move in the same step, so that is part of it.'
    )
    + (_LENET5_NOTES if name == 'lenet5' else ''),
  )
