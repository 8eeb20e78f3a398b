r"""How much of each layer is kept, by method and sparsity.

  python -m launch.study --config=studies/grasp/layer_ratios:resnet32_cifar10 \
    --workdir=DIR --override data.dir=FOLDER [--override data.name=cifar10_jpeg]

Nets: vgg19_cifar10, vgg19_cifar100, resnet32_cifar10, resnet32_cifar100;
`_nets.py` has settings and data. 54 members of two steps: masks are made before
the first. In the paper's figures SNIP leaves hardly anything of the last
convolutions of VGG19 at 95 % and more, and GraSP more.
"""

from jaxsparse.claims import Claim, Ordering
from jaxsparse.studies.spec import Analysis, Study

from ._nets import CIFAR, PAPER, net
from ._runs import runs, table

NETS = CIFAR

_RUNS = ('random', 'magnitude', 'snip', 'grasp', 'grasp_code', 'synflow')
# Masks alone: two steps, without evaluations or probes in between.
_SHORT = {'num_epochs': None, 'num_steps': 2, 'gradient_flow.interval': 0}


def get_config(name: str = 'resnet32_cifar10') -> Study:
  """Returns the study of a net."""
  of = net(name, NETS)._replace(printed={})
  first, deep, last = (f'layer_sparsity.{layer}' for layer in of.layers)
  claims: dict[str, Claim] = {
    'SNIP leaves less of a deep layer than GraSP.': Ordering(
      ('grasp', 'snip'), metric=deep
    ),
    'The thinnest layer of GraSP is denser than that of SNIP.': Ordering(
      ('snip', 'grasp'), metric='lowest_density'
    ),
  }
  return table(
    of,
    runs(of, _RUNS, (0.9, 0.95, 0.98), own=_SHORT),
    title='density by layer',
    source=f'{PAPER}: the figures of layers, without printed numbers',
    claims=claims,
    across='',
    metrics=(
      *('sparsity', 'lowest_density', 'highest_density', 'empty_layers'),
      *(first, deep, last),
    ),
    figures=(),
    analyses=tuple(Analysis(f'{n}_layers', (n,), 'keep_ratios') for n in _RUNS),
    notes='Nets are those of two steps; masks do not change after the first.',
  )
