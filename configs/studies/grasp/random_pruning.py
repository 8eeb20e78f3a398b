r"""GraSP against random pruning, from 95 to 99.5 %.

  python -m launch.study --config=studies/grasp/random_pruning:vgg19_cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: vgg19_cifar10, vgg19_cifar100, resnet32_cifar10, resnet32_cifar100;
`_nets.py` has settings, data and deviations. 24 members; GraSP's are those of
the study `accuracy`. At 99.5 % the paper has 72.89 and 88.61 % for random
pruning and GraSP on CIFAR-10 (VGG19), from memory.
"""

from jaxsparse.claims import Claim, Ordering, Trend
from jaxsparse.studies.spec import Study

from ._nets import CIFAR, PAPER, SPARSITY, net
from ._runs import runs, table

NETS = CIFAR

_CLAIMS: dict[str, Claim] = {
  'GraSP ends above random pruning.': Ordering(('random', 'grasp_code')),
  'It gains more the sparser the net.': Trend(
    'grasp_code', along=SPARSITY, direction='rises', minus='random'
  ),
}


def get_config(name: str = 'vgg19_cifar10') -> Study:
  """Returns the study of a net."""
  of = net(name, NETS)
  return table(
    of,
    runs(of, ('random', 'grasp_code'), (0.95, 0.98, 0.99, 0.995)),
    title='GraSP and random pruning',
    source=f'{PAPER}: its table of random pruning',
    claims=_CLAIMS,
  )
