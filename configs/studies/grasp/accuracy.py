r"""Test accuracy of GraSP's tables: before, during and after training.

  python -m launch.study --config=studies/grasp/accuracy:vgg19_cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: vgg19_cifar10, vgg19_cifar100, vgg19_tiny_imagenet, resnet32_cifar10,
resnet32_cifar100, resnet32_tiny_imagenet; `_nets.py` has settings, data and
deviations. 183 members of VGG19 on CIFAR, 213 of ResNet-32; on Tiny-ImageNet 93
and 123. At 98 % the paper has for SNIP and GraSP, from memory, 92.05 and 92.19
% (VGG19, CIFAR-10), 58.46 and 68.90 % (CIFAR-100); for ResNet-32 87.51 and
88.81 %, 54.81 and 58.43 %.
"""

from jaxsparse.claims import Claim, Difference, Ordering
from jaxsparse.studies.spec import Study

from ._nets import CIFAR, PAPER, SPARSITY, TINY, Net, net
from ._runs import runs, table

NETS = CIFAR + TINY

_RUNS = (
  *('dense', 'pruned', 'obd', 'lottery', 'lottery_epoch5'),
  *('dsr', 'set', 'deep_r', 'snip', 'grasp', 'grasp_code'),
)


def get_config(name: str = 'vgg19_cifar10') -> Study:
  """Returns the study of a net."""
  of = net(name, NETS)
  return table(
    of,
    runs(of, _RUNS, of.sparsities),
    title='accuracy by method and sparsity',
    source=f'{PAPER}: its table of {of.title}',
    claims=_claims(of),
    notes=(
      'Masks of tickets come from a run of one step, whose accuracy says'
      f' nothing. {_mlprune(of)}'
    ),
  )


def _claims(net: Net) -> dict[str, Claim]:
  """Returns what the paper's table says of every net, at its sparsities."""
  # The paper has three of each net.
  printed = tuple(net.printed['snip']['test_accuracy'])
  first, last = printed[0], printed[-1]
  return {
    f'At {100 * last:g} % GraSP ends above SNIP.': Ordering(
      ('snip', 'grasp_code'), at={SPARSITY: last}
    ),
    f'At {100 * first:g} % it is less than a point below SNIP.': Difference(
      'grasp_code', 'snip', '>=', -1.0, at={SPARSITY: first}
    ),
    (
      f'At {100 * first:g} % pruning after training (OBD) ends above it.'
    ): Ordering(('grasp_code', 'obd'), at={SPARSITY: first}),
    **{
      f'At {100 * sparsity:g} % a ticket ends higher from epoch 5.': Ordering(
        ('lottery', 'lottery_epoch5'), at={SPARSITY: sparsity}
      )
      for sparsity in printed
    },
    f'At {100 * last:g} % SET ends above Deep-R.': Ordering(
      ('deep_r', 'set'), at={SPARSITY: last}
    ),
  }


def _mlprune(net: Net) -> str:
  """Returns the paper's numbers of MLPrune, in words."""
  numbers = net.printed['mlprune']['test_accuracy']
  listed = ', '.join(f'{v:.2f} % at {100 * s:g} %' for s, v in numbers.items())
  return f'MLPrune, which is not among our methods, has {listed} in the paper.'
