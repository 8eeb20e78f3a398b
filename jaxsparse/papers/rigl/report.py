"""The tables of the RigL paper's reproducibility report.

Sundar and Dwaraknath 2021, "[Re] Rigging the Lottery": WRN-22-2 on CIFAR-10,
ResNet-50 on CIFAR-100, 5,000 training images held out. "Random" is uniform.

**Deviations**: images are standardised each by itself. A mask step of RigL is a
step, as there; a weight that is dropped and grown in one keeps its value, which
theirs sets to 0; SET grows as many as it drops, which theirs does on average,
and SET, SNFS and pruning take the optimiser's step as they do, which theirs do
not. SNFS moves weights between layers, as theirs does, but by a moving average
of the dense gradient, where theirs uses the optimiser's momentum, kept for
all weights: of the same gradients that is ten times the average, but it has the
weight decay in it, and no mask step's batch. What moves is exact, where theirs
is rounded and put right later. Pruning is exact at each mask step, where theirs
comes near its target by a search. Nets that are re-initialised by RigL-SM take
its final masks, as in the configs of their code, and the first weights of the
same seed. Runs M times as long have a warm-up, and a first mask step, M times
as late. The 88,000 steps are the report's, in batches that are all full.
"""

from collections.abc import Iterable

from jaxsparse.claims import Claim
from jaxsparse.papers.rigl import claims, reported
from jaxsparse.papers.rigl.rows import Net, Row
from jaxsparse.papers.rigl.runs import METRICS, SPARSITY, runs
from jaxsparse.studies.spec import Against, Study

SOURCE = (
  'Sundar and Dwaraknath 2021, [Re] Rigging the Lottery: Making All Tickets'
  ' Winners'
)
DATA = (
  'With `data.name=cifar10_jpeg` images are a lossy copy (JPEG) of CIFAR-10.'
)
_SPARSITIES = (0.8, 0.9)
# The sparsity distributions of RigL's rows.
SPREADS = {
  'uniform': {'updater.distribution': 'uniform', 'updater.dense_first': True},
  'erk': {'updater.distribution': 'erk', 'updater.dense_first': False},
}
# That of pruning: the overall density of uniform nets, first convolution dense.
_GLOBAL = {'global': SPREADS['uniform']}
_SNFS = {'updater.redistribute': True}
# Layers have the sparsities of the run that the masks are from.
_STARTED = {'init.counts': 'masks'}
# All channels times the root of the density, rounded down.
_ROOTS = {0.8: 0.2**0.5, 0.9: 0.1**0.5}
CIFAR10 = Net(
  configs='cifar10/wrn22_2',
  spreads=SPREADS | _GLOBAL,
  printed=reported.CIFAR10,
  overrides={
    'data.validation': 5000.0,
    'num_steps': 88_000,
    'optimizer.boundaries': (30 / 88, 60 / 88),
    'optimizer.scales': (0.2, 0.04),
  },
  moving={'updater.start_step': 99, 'updater.stop_step': 65_918},
  snfs=_SNFS,
  pruned={
    'updater.update_interval': 100,
    'updater.start_step': 700,
    'updater.stop_step': 65_918,
    'updater.global_ranking': True,
    'optimizer.warmup_steps': 3500,
    # The rate falls every 30,000 steps after the warm-up's ten epochs.
    'optimizer.boundaries': (33.52 / 88, 63.52 / 88),
  },
  small={
    sparsity: {'model.width': 2 * root, 'model.stem_channels': int(16 * root)}
    for sparsity, root in _ROOTS.items()
  },
  source='gmp',
  started=_STARTED,
)
CIFAR100 = Net(
  configs='cifar100/resnet50',
  spreads=SPREADS | _GLOBAL,
  printed=reported.CIFAR100,
  snfs=_SNFS,
  pruned={'updater.global_ranking': True},
  small={sparsity: {'model.width': root} for sparsity, root in _ROOTS.items()},
  source='gmp',
  started=_STARTED,
)
# Rows of both tables; each has further ones.
_TABLE = (
  Row('dense'),
  Row('small_dense'),
  Row('static', 'uniform'),
  *(Row(m, s) for m in ('set', 'rigl', 'snfs') for s in ('uniform', 'erk')),
  Row('gmp', 'global'),
  Row('lottery', 'global'),
  *(Row('rigl', spread, 2.0) for spread in ('uniform', 'erk')),
)
_TWICE = tuple(Row(m, 'uniform', 2.0) for m in ('static', 'set', 'snfs'))
_BEYOND = (Row('static', 'erk'), Row('rigl', 'uniform', 3.0))


def cifar10() -> Study:
  """Builds the table of WRN-22-2 on CIFAR-10."""
  return _study(
    CIFAR10, (*_TABLE, *_TWICE), 'WRN-22-2 on CIFAR-10: the table', 'CIFAR-10'
  )


def cifar100() -> Study:
  """Builds the table of ResNet-50 on CIFAR-100."""
  return _study(
    CIFAR100,
    (*_TABLE, *_BEYOND),
    'ResNet-50 on CIFAR-100: the table',
    'CIFAR-100',
  )


def redistribution(net: Net, name: str) -> Study:
  """Builds the study of RigL-SG, RigL-SM, and new nets with RigL-SM's masks.

  Args:
    net: `CIFAR10` or `CIFAR100`.
    name: of the net, for the title.
  """
  methods = ('rigl', 'rigl_sg', 'rigl_sm', 'reinit')
  rows = tuple(Row(m, spread) for spread in SPREADS for m in methods)
  return _study(
    net._replace(source='rigl_sm'),
    rows,
    f'{name}: redistribution and re-initialisation',
    'redistribution',
    claims.REDISTRIBUTED + claims.REINIT,
  )


def _study(
  net: Net,
  rows: Iterable[Row],
  title: str,
  which: str,
  claimed: tuple[Claim, ...] = claims.REPORT,
) -> Study:
  return Study(
    title=f'{title} of the reproducibility report',
    source=f'{SOURCE}: the table of {which}',
    runs=runs(net, rows, _SPARSITIES),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    claims=claimed,
    notes=(
      f'{DATA} FLOPs are shares of those of a dense run of the same length.'
    ),
  )
