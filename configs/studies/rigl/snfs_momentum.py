r"""SNFS by the coefficient of its average of dense gradients.

  python -m launch.study --config=studies/rigl/snfs_momentum:lenet_300_100 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

lenet_300_100 is at 98 % (ERK) on MNIST: 32 members of 3,600 steps of 100
images. resnet50 is at 80 % (uniform) on ImageNet, as in Evci et al. 2020,
appendix D: 12 members; `_nets.py` has settings and data. The paper says that
0.99 is best, and that 0, which grows by the gradient of the mask step alone,
does as well as 0.9; it prints no numbers. The coefficient changes no program:
with `--parallel=vmap` all members train together.

On LeNet-300-100 0.99 is best; of eight seeds of 0 one ends at chance and one at
92.9 %, so that whether it does as well as 0.9 is undecided. Ten minutes of
members on one CPU core; results: lenet_300_100/snfs_momentum.md. Those of
ResNet-50 we have not run.
"""

from jaxsparse.claims import Claim, Difference, Ordering, with_texts
from jaxsparse.core import choices
from jaxsparse.studies.spec import Curves, Study

from ._nets import LENET_300_100, PAPER, RESNET50, SPARSITY
from ._runs import variant

NETS = ('lenet_300_100', 'resnet50')

_BY_NET = {
  'lenet_300_100': (LENET_300_100, 'LeNet-300-100 on MNIST', 0.98, 'erk', 8),
  'resnet50': (RESNET50, 'ResNet-50 on ImageNet', 0.8, 'uniform', 3),
}
# Run -> the coefficient.
_MOMENTA = {'none': 0.0, 'half': 0.5, 'default': 0.9, 'long': 0.99}
# Points of test accuracy; lower differences are none.
_SAME = 0.2
_CLAIMS: dict[str, Claim] = {
  '0.99 ends above 0.9.': Ordering(('default', 'long')),
  f'0 ends no more than {_SAME:g} points below 0.9.': Difference(
    'none', 'default', '>=', -_SAME
  ),
}


def get_config(name: str = 'lenet_300_100') -> Study:
  """Returns the study of a net."""
  choices.check(f'net is {name!r}', name, NETS)
  net, title, sparsity, spread, seeds = _BY_NET[name]
  return Study(
    title=f'{title} at {100 * sparsity:g} %: the momentum of SNFS',
    source=f'after {PAPER}, appendix D, which prints no numbers of it',
    runs=tuple(
      variant(
        net,
        f'snfs_{spread}',
        run,
        {SPARSITY: sparsity, 'updater.momentum': momentum},
        label=f'SNFS, {momentum:g}',
        seeds=seeds,
      )
      for run, momentum in _MOMENTA.items()
    ),
    metrics=('test_accuracy', 'mask_churn'),
    figures=(Curves('eval_accuracy'),),
    claims=with_texts(_CLAIMS),
    notes=(
      'The average of dense gradients is momentum a + (1 - momentum) g; weights'
      ' stay in their layers.'
    ),
  )
