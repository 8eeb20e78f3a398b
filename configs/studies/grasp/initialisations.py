r"""SNIP and GraSP from other initial weights.

  python -m launch.study --config=studies/grasp/initialisations:vgg19_cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: vgg19_cifar10, vgg19_cifar100, resnet32_cifar10, resnet32_cifar100;
`_nets.py` has settings, data and deviations. 54 members: Kaiming over fan-out
as in all other studies, Glorot, and 1 / fan-in ("LeCun") for the paper's normal
initialisation, whose scale is not known here, like the digits of its table. It
finds that the initialisation matters little.
"""

from jaxsparse.claims import Claim, Ordering
from jaxsparse.studies.spec import Study

from ._nets import CIFAR, PAPER, SPARSITY, net
from ._runs import run, table

NETS = CIFAR

_INIT = 'model.kernel_init'
_INITS = ('he_normal_fan_out', 'glorot_normal', 'lecun_normal')
_CLAIMS: dict[str, Claim] = {
  'At 98 % GraSP ends above SNIP from each of them.': Ordering(
    ('snip', 'grasp'), at={SPARSITY: 0.98}
  )
}


def get_config(name: str = 'vgg19_cifar10') -> Study:
  """Returns the study of a net."""
  of = net(name, NETS)._replace(printed={})
  grid = {_INIT: _INITS, SPARSITY: (0.9, 0.95, 0.98)}
  return table(
    of,
    tuple(run(of, name, grid) for name in ('snip', 'grasp')),
    title='SNIP and GraSP by initialisation',
    source=f'{PAPER}: its ablation of the start, without its numbers',
    claims=_CLAIMS,
  )
