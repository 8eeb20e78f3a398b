r"""What each start and each method ends with, on one net.

  python -m launch.study --config=studies/gradient_flow/accuracy:lenet5 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: lenet5 (95 %), mlp (300-100, 98 %), resnet50, vgg16 (80 %). FOLDER is
where TFDS has MNIST, or imagenet2012, as array_record. 60 members (LeNet5: 65)
of 11,719 steps; those of the other studies of a net are among them, or start
from them, so keep one RUNS for all. On 2 CPU cores LeNet5 takes six hours of
members, the MLP ten minutes; results: lenet5/accuracy.md and mlp/accuracy.md.

The nets on ImageNet (60 members of 32,000 steps of 4,096 images, or of 128,000
of 1,024) are for accelerators, as their configs say; we have not run them to
their end. `--plan` and `--dry_run` need neither the data nor such a machine.
`_nets.py` says what the paper leaves open, and our choice. Of the accuracies of
ResNet-50, those of its table of ensembles can be had: LT 75.73, Scratch 71.16,
pruned 75.65 %; those of VGG16 cannot. Its ticket never trains: the gradient
stays at 0 for all of the run.
"""

from jaxsparse.claims import Bound, Claim, Difference, Ordering, with_texts
from jaxsparse.studies.spec import Curves, Study

from . import _nets
from ._runs import runs

NETS = ('lenet5', 'mlp', 'resnet50', 'vgg16')

_RUNS = (
  *('dense', 'pruned', 'lottery', 'prune_restart', 'scratch', 'scratch_inits'),
  *('scratch_plus', 'set', 'set_plus', 'rigl', 'rigl_plus', 'small_dense'),
)
_TICKET: dict[str, Claim] = {
  'A ticket ends a point above a fresh start of its mask.': Difference(
    'lottery', 'scratch', '>=', 1.0
  ),
  'A ticket ends at the accuracy of the pruned net.': Difference(
    'lottery', 'pruned', '>=', -0.25
  ),
  'The pruned net ends a point above a fresh start of its mask.': Difference(
    'pruned', 'scratch', '>=', 1.0
  ),
}
# For a net that no signal passes through when it is rewound.
_DEAD_TICKET: dict[str, Claim] = {
  'The ticket never trains: it ends near chance.': Bound('lottery', '<=', 1.0)
}
_INIT: dict[str, Claim] = {
  'The sparse init helps a fixed mask.': Ordering(
    ('scratch_inits', 'scratch_plus')
  ),
  'The sparse init helps SET.': Ordering(('set', 'set_plus')),
  'The sparse init helps RigL.': Ordering(('rigl', 'rigl_plus')),
}
_METHODS: dict[str, Claim] = {
  'Moving masks by gradient helps beyond the init.': Ordering(
    ('scratch_plus', 'rigl_plus')
  ),
  'RigL+ ends above SET+.': Ordering(('set_plus', 'rigl_plus')),
  'A pruned net ends above a dense one of as many weights.': Ordering(
    ('small_dense', 'pruned')
  ),
}
_CLAIMS = {
  'lenet5': _TICKET | _INIT | _METHODS,
  'mlp': _TICKET | _INIT | _METHODS,
  # With BatchNorm the initialisation matters little.
  'resnet50': _TICKET | _METHODS,
  'vgg16': _DEAD_TICKET | _INIT | _METHODS,
}


def get_config(name: str = 'lenet5') -> Study:
  """Returns the study of a net."""
  net = _nets.net(name, NETS)
  numbers = (
    '. The numbers beside ours are those of its table of ensembles, the only'
    ' ones to be had'
    if net.paper
    else ''
  )
  return Study(
    title=f'{net.title}: accuracy by start and method',
    source=net.where(f'the accuracy table{numbers}'),
    runs=runs(net, _RUNS + ('scratch_stuck',) * (name == 'lenet5')),
    figures=(
      Curves('eval_accuracy'),
      Curves('gradient_norm', log=True),
      Curves('probe_loss', log=True),
    ),
    claims=with_texts(_CLAIMS[name]),
    notes=(
      'Every sparse row but "pruned" starts from the masks of the pruned net of'
      f' seed {net.source}. LT and Scratch have one start and five orders of'
      ' the data, as in the paper; the others have five starts.'
      f'{net.start_note}'
    ),
  )
