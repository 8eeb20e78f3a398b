r"""Gradient norm and losses while nets of 98 % train.

  python -m launch.study --config=studies/grasp/curves:resnet32_cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: resnet32_cifar10, resnet32_cifar100, vgg19_cifar10, vgg19_cifar100;
`_nets.py` has settings, data and deviations. 12 members, probed once an epoch
on the first 1,000 training images. In the paper, which has figures alone,
GraSP starts with more gradient than SNIP, and its losses are lower.
"""

from jaxsparse.claims import Claim, Ordering
from jaxsparse.studies.spec import Curves, Study

from ._nets import CIFAR, PAPER, SPARSITY, net
from ._runs import run, table

NETS = CIFAR

_EPOCH = 390
_START, _FIRST, _EARLY, _LATE = (
  'gradient_norm@0',
  f'gradient_norm@0:{10 * _EPOCH}',
  f'probe_loss@{10 * _EPOCH}',
  f'probe_loss@{150 * _EPOCH}',
)
_CLAIMS: dict[str, Claim] = {
  'At the start more gradient flows in GraSP than in SNIP.': Ordering(
    ('snip', 'grasp'), metric=_START
  ),
  'More flows in it than in random masks.': Ordering(
    ('random', 'grasp'), metric=_START
  ),
  'Over ten epochs more flows in GraSP than in SNIP.': Ordering(
    ('snip', 'grasp'), metric=_FIRST
  ),
  'After ten epochs GraSP has a lower training loss than SNIP.': Ordering(
    ('grasp', 'snip'), metric=_EARLY
  ),
  'So it has after 150.': Ordering(('grasp', 'snip'), metric=_LATE),
}


def get_config(name: str = 'resnet32_cifar10') -> Study:
  """Returns the study of a net."""
  of = net(name, NETS)._replace(printed={})
  own = {'gradient_flow.interval': _EPOCH, 'eval.interval': _EPOCH}
  sparse = {**own, SPARSITY: 0.98}
  return table(
    of,
    (
      run(of, 'dense', {}, own=own),
      *(run(of, name, {}, own=sparse) for name in ('random', 'snip', 'grasp')),
    ),
    title='gradient norm and losses at 98 %',
    source=f'{PAPER}: the figure of training curves, without printed numbers',
    claims=_CLAIMS,
    across='',
    metrics=('test_accuracy', _START, _FIRST, _EARLY, _LATE),
    figures=(
      Curves('gradient_norm', log=True),
      Curves('probe_loss', log=True),
      Curves('eval_loss', log=True),
    ),
    notes=(
      'The norm of the masked gradient, and the probe loss, are of the first'
      ' 1,000 training images; the evaluation loss is of the test images.'
    ),
  )
