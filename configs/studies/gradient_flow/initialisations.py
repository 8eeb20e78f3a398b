r"""Three initialisations under fixed masks, SET and RigL, on one net.

  python -m launch.study --config=studies/gradient_flow/initialisations:lenet5 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: lenet5 (95 %), resnet50, vgg16 (80 %). FOLDER is where TFDS has MNIST, or
imagenet2012, as array_record. 56 members of 11,719 steps. 36 of them are
those of the studies `accuracy` and `gradient_norm`: keep one RUNS for all. New
are the layer-wise init of Liu et al. 2019, which the paper compares with, and
RigL inverted from the masked dense init. On 2 CPU cores the members of LeNet5
take some five hours; we have not run them.

The nets on ImageNet (members of 32,000 steps of 4,096 images, or of 128,000 of
1,024) are for accelerators, as their configs say; we have not run them either.
`--plan` and `--dry_run` need neither the data nor such a machine. `_nets.py`
says what the paper leaves open. Its numbers of the layer-wise init cannot be
had but for the signal in LeNet5 (the study `signal_propagation`): there, too,
it lets the signal through as the sparse one does.
"""

from jaxsparse.claims import (
  Bound,
  Claim,
  Difference,
  Ordering,
  Ratio,
  with_texts,
)
from jaxsparse.studies.spec import Curves, Study

from . import _nets
from ._runs import runs
from .gradient_norm import EARLY_JUMP, START

NETS = ('lenet5', 'resnet50', 'vgg16')

_RUNS = (
  *('scratch_inits', 'scratch_layer_scaled', 'scratch_plus'),
  *('set', 'set_layer_scaled', 'set_plus'),
  *('rigl', 'rigl_layer_scaled', 'rigl_plus'),
  *('rigl_inverted_dense', 'rigl_inverted'),
)
_ACCURACY: dict[str, Claim] = {
  'The layer-wise init helps a fixed mask.': Ordering(
    ('scratch_inits', 'scratch_layer_scaled')
  ),
  'It helps SET.': Ordering(('set', 'set_layer_scaled')),
  'It helps RigL.': Ordering(('rigl', 'rigl_layer_scaled')),
  'The sparse init ends no lower on a fixed mask.': Difference(
    'scratch_plus', 'scratch_layer_scaled', '>=', -0.25
  ),
}
_GRADIENT: dict[str, Claim] = {
  (
    'At step 0 the layer-wise init has three times the gradient norm of the'
    ' masked dense one.'
  ): Ratio('scratch_layer_scaled', 'scratch_inits', '>=', 3.0, metric=START),
  (
    'Where the least gradients are grown it does not rise at mask updates,'
    ' from the masked dense init.'
  ): Bound('rigl_inverted_dense', '<=', 0.05, metric=EARLY_JUMP),
}
_PLATEAU: dict[str, Claim] = {
  'At step 500 the layer-wise init is at half of ln 10 or below.': Bound(
    'scratch_layer_scaled', '<=', 1.15, metric='probe_loss@500'
  ),
}
# The steps of gradient norms in the table, and the claims.
_BY_NET: dict[str, tuple[tuple[int, ...], dict[str, Claim]]] = {
  'lenet5': ((0, 400, 1000), _ACCURACY | _GRADIENT | _PLATEAU),
  # With BatchNorm the initialisation matters little.
  'resnet50': ((50, 300, 1000), {}),
  'vgg16': ((250, 1000, 5000), _ACCURACY | _GRADIENT),
}


def get_config(name: str = 'lenet5') -> Study:
  """Returns the study of a net."""
  net = _nets.net(name, NETS)
  steps, claims = _BY_NET[name]
  return Study(
    title=f'{net.title}: initialisations, and RigL inverted',
    source=net.where('the accuracy table and the figures of the gradient norm'),
    runs=(*runs(net, ('pruned',), seeds=1), *runs(net, _RUNS)),
    metrics=(
      'test_accuracy',
      *(f'gradient_norm@{step}' for step in steps),
      EARLY_JUMP,
    ),
    figures=(
      Curves('eval_accuracy', runs=_RUNS),
      Curves('gradient_norm', log=True, runs=_RUNS, last_step=2 * steps[-1]),
    ),
    claims=with_texts(claims),
    notes=(
      'Every sparse row but "pruned" starts from the masks of the pruned net of'
      f' seed {net.source}. "+" is the sparse initialisation, "by layer" the'
      ' layer-wise one of Liu et al. 2019, truncated normal, and without either'
      ' it is the masked dense one.'
    ),
  )
