"""ImageNet in Evci et al. 2020: ResNet-50, MobileNet v1 and v2.

**Deviations**: rows that the paper quotes of other papers are left out, but for
pruning. SNIP is given blocks whose last BatchNorm starts at 1, as elsewhere it
would see no gradient in them. Pruning of ResNet-50 has the classifier at 80 %
whatever the rest, as in the paper's count of its FLOPs; that of MobileNet has
the steps of ResNet-50's. Of MobileNet v2 the paper has figures alone.
"""

from jaxsparse.papers.rigl import claims, printed
from jaxsparse.papers.rigl.rows import Net, Row
from jaxsparse.papers.rigl.runs import METRICS, SPARSITY, runs
from jaxsparse.studies.spec import Against, Study

PAPER = 'Evci et al. 2020, Rigging the Lottery: Making All Tickets Winners'
FLOPS = (
  'FLOPs are shares of those of a dense run of the same length; the paper has'
  ' them for runs M times as long as M times as much.'
)


def _widths(*by_sparsity: tuple[float, float]) -> dict[float, dict[str, float]]:
  return {sparsity: {'model.width': width} for sparsity, width in by_sparsity}


RESNET50 = Net(
  configs='imagenet/resnet50',
  spreads={
    'uniform': {
      'updater.distribution': 'uniform',
      'updater.dense_first': True,
    },
    'er': {'updater.distribution': 'er', 'updater.dense_first': False},
    'erk': {'updater.distribution': 'erk', 'updater.dense_first': False},
  },
  printed=printed.RESNET50,
  at_start={'model.zero_init_residual': False},
  pruned={'updater.layers': ('logits/kernel=0.8',)},
  small=_widths((0.8, 0.465), (0.9, 0.34), (0.95, 0.26), (0.965, 0.231)),
  source='rigl',
)
_DENSE_LAYERS = ('*/depthwise/kernel=0', 'conv/kernel=0')
MOBILENET_V1 = Net(
  configs='imagenet/mobilenet_v1',
  spreads={
    name: {'updater.distribution': name, 'updater.layers': _DENSE_LAYERS}
    for name in ('uniform', 'erk')
  },
  printed=printed.MOBILENET_V1,
  small=_widths((0.75, 0.47), (0.85, 0.353), (0.9, 0.285), (0.95, 0.204)),
  big=_widths((0.75, 1.98), (0.85, 2.52), (0.9, 3.0), (0.95, 3.98)),
)
MOBILENET_V2 = MOBILENET_V1._replace(
  overrides={'model.version': 2}, printed={}, small={}, big={}
)


def resnet50() -> Study:
  """Builds the tables of all methods at 80 and 90, 95 and 96.5 %."""
  rows = (
    Row('dense'),
    *(Row(m, 'uniform') for m in ('static', 'snip', 'set', 'rigl', 'gmp')),
    Row('small_dense'),
    Row('rigl', 'uniform', 5.0),
    Row('small_dense', times=5.0),
    Row('gmp', 'uniform', 1.5),
    *(Row(m, 'erk') for m in ('static', 'rigl', 'snfs')),
    Row('rigl', 'erk', 5.0),
  )
  return Study(
    title='ResNet-50 on ImageNet: method by sparsity',
    source=f'{PAPER}: the tables of ResNet-50',
    runs=runs(RESNET50, rows, (0.8, 0.9, 0.95, 0.965)),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    claims=(
      claims.UNIFORM + claims.SNIP + claims.PRUNING_ABOVE + claims.FIVEFOLD
    ),
    notes=FLOPS,
  )


def lottery() -> Study:
  """Builds the lottery test: are the initial weights of RigL's net a ticket?"""
  rows = (
    Row('rigl', 'uniform'),
    Row('lottery', 'uniform'),
    Row('lottery_rigl', 'uniform'),
    Row('rigl', 'uniform', 2.0),
  )
  net = RESNET50._replace(printed=printed.LOTTERY)
  return Study(
    title='ResNet-50 on ImageNet at 80 %: the lottery test',
    source=f'{PAPER}: the table of the lottery test',
    runs=runs(net, rows, (0.8,)),
    metrics=('test_accuracy',),
    figures=(),
    claims=claims.LOTTERY,
    notes=(
      'A ticket has the final masks and the first weights of RigL of the same'
      ' seed.'
    ),
  )


def mobilenet_v1() -> Study:
  """Builds the table of MobileNet v1, runs of 5x length except for pruning."""
  rows = (
    Row('dense'),
    Row('small_dense', times=5.0),
    Row('gmp', 'uniform'),
    *(Row('rigl', spread, 5.0) for spread in ('uniform', 'erk')),
    *(Row('big_sparse', spread, 5.0) for spread in ('uniform', 'erk')),
  )
  return Study(
    title='MobileNet v1 on ImageNet: method by sparsity',
    source=f'{PAPER}: the table and the figure of MobileNet v1',
    runs=runs(MOBILENET_V1, rows, (0.75, 0.85, 0.9, 0.95)),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    claims=claims.MOBILENET,
    notes=(
      f'{FLOPS} Sparsity is that of all kernels but the first and the'
      ' depthwise ones, which the paper counts FLOPs of as if they were sparse.'
    ),
  )


def mobilenet_v2() -> Study:
  """Builds the study of RigL on MobileNet v2, which has no printed numbers."""
  rows = (
    Row('dense'),
    *(Row('rigl', spread, 5.0) for spread in ('uniform', 'erk')),
  )
  return Study(
    title='MobileNet v2 on ImageNet: RigL by sparsity',
    source=f'{PAPER}: the figure of MobileNet v2, without its numbers',
    runs=runs(MOBILENET_V2, rows, (0.75, 0.85, 0.9, 0.95)),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    notes=FLOPS,
  )
