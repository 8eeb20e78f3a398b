r"""Controls of pruning before training, and random tickets.

  python -m launch.study --config=studies/grasp/sanity:resnet32_cifar10 \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Nets: vgg19_cifar10, vgg19_cifar100, resnet32_cifar10, resnet32_cifar100;
`_nets.py` has settings, data and deviations. 210 members. Masks are shuffled
within layers, scored on other weights than those trained, ranked the wrong way
or by size, or scored on images with random labels and permuted pixels. What
survives that is the density of each layer, and a random ticket by the smart
ratios of Su et al. does as well: on ResNet-32 at 98 % 89.10 (CIFAR-10) and
60.11 % (CIFAR-100), where GraSP has 88.81 and 58.43.

The claims are those that Frankle et al. make of VGG-16 and ResNet-20, and Su et
al. of these nets.
"""

from jaxsparse.claims import Claim, Difference, Ordering
from jaxsparse.studies.spec import Study

from ._arms import arm
from ._nets import CIFAR, PAPER, net
from ._runs import runs, table

NETS = CIFAR

# Scores without signs are their own size; those that see no data, no
# corruption.
_CONTROLS = {
  'magnitude': ('shuffled', 'fresh', 'inverted'),
  'snip': ('shuffled', 'fresh', 'inverted', 'labels', 'pixels'),
  'grasp': ('shuffled', 'fresh', 'inverted', 'absolute', 'labels', 'pixels'),
  'synflow': ('shuffled', 'fresh', 'inverted'),
}
_HARMLESS = {
  'shuffled': '{} shuffled within layers ends at most 0.5 points below.',
  'fresh': '{} by the scores of other weights ends at most 0.5 points below.',
  'labels': '{} by random labels ends at most 0.5 points below.',
  'pixels': (
    '{} by random labels and permuted pixels ends at most 0.5 points below.'
  ),
}
_RUNS = (
  *('random', 'smart_ratio'),
  *(
    run
    for method, controls in _CONTROLS.items()
    for run in (method, *(f'{method}_{control}' for control in controls))
  ),
)


def get_config(name: str = 'resnet32_cifar10') -> Study:
  """Returns the study of a net."""
  of = net(name, NETS)
  return table(
    of,
    runs(of, _RUNS, (0.9, 0.95, 0.98)),
    title='controls of pruning before training',
    source=(
      'Frankle et al. 2021, Pruning Neural Networks at Initialization: Why Are'
      ' We Missing the Mark?; Su et al. 2020, Sanity-Checking Pruning Methods:'
      f' Random Tickets Can Win the Jackpot; {PAPER}'
    ),
    claims=_claims(),
  )


def _claims() -> dict[str, Claim]:
  claims: dict[str, Claim] = {}
  for method, controls in _CONTROLS.items():
    label = arm(method).label
    claims[f'{label} ends above random pruning.'] = Ordering(('random', method))
    for control in controls:
      run = f'{method}_{control}'
      if control in _HARMLESS:
        text = _HARMLESS[control].format(label)
        claims[text] = Difference(run, method, '>=', -0.5)
      elif control == 'inverted' and method != 'grasp':
        claims[f'{label} ends lower inverted.'] = Ordering((run, method))
  return claims | {
    'GraSP inverted ends at most 0.5 points below.': Difference(
      'grasp_inverted', 'grasp', '>=', -0.5
    ),
    'GraSP ends higher by the size of its scores.': Ordering(
      ('grasp', 'grasp_absolute')
    ),
    'A random ticket ends at most 0.5 points below GraSP.': Difference(
      'smart_ratio', 'grasp', '>=', -0.5
    ),
    'It ends at most 0.5 points below SNIP.': Difference(
      'smart_ratio', 'snip', '>=', -0.5
    ),
  }
