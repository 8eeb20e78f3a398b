r"""GraSP at 98 %, its scores on fewer and more examples.

  python -m launch.study --config=studies/grasp/batch_sizes:vgg19_cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: vgg19_cifar10, vgg19_cifar100, resnet32_cifar10, resnet32_cifar100;
`_nets.py` has settings, data and deviations. 18 members. Ten a class is what
the paper has everywhere else; the digits of its table cannot be had here. It
finds that the number matters little.
"""

import dataclasses

from jaxsparse.claims import Claim, Difference
from jaxsparse.studies.spec import Against, Study

from ._nets import CIFAR, PAPER, SPARSITY, net
from ._runs import run, table

NETS = CIFAR

_PER_CLASS = 'scoring.per_class'
_CLAIMS: dict[str, Claim] = {
  'Fewer or more cost less than a point.': Difference(
    'other', 'grasp', '>=', -1.0
  ),
  'They gain less than a point.': Difference('other', 'grasp', '<=', 1.0),
}


def get_config(name: str = 'vgg19_cifar10') -> Study:
  """Returns the study of a net."""
  of = net(name, NETS)
  # In one batch, whatever the recipe's.
  of = of._replace(printed={}, scoring={})
  own = {SPARSITY: 0.98}
  other = run(of, 'grasp', {_PER_CLASS: (1, 2, 5, 20, 40)}, own=own)
  return table(
    of,
    (
      dataclasses.replace(
        run(of, 'grasp', {}, own=own), label='GraSP, 10 a class'
      ),
      dataclasses.replace(
        other,
        name='other',
        overrides={k: v for k, v in other.overrides.items() if k != _PER_CLASS},
      ),
    ),
    title='GraSP by the number of examples',
    source=f'{PAPER}: its ablation of the batch, without its numbers',
    claims=_CLAIMS,
    across='',
    figures=(Against(_PER_CLASS),),
  )
