"""CIFAR-10 in Evci et al. 2020: WRN-22-2.

**Deviations**: convolutions start as He normal over fan-out, as in the
reproducibility report, where the authors' code has Glorot uniform; pruning has
the counts of ERK in each layer, and the steps that are the defaults of that
code.
"""

from jaxsparse.papers.rigl import claims, printed
from jaxsparse.papers.rigl.rows import Net, Row
from jaxsparse.papers.rigl.runs import METRICS, runs
from jaxsparse.studies.spec import Against, Curves, Study

_SOURCE = (
  'Evci et al. 2020, Rigging the Lottery: Making All Tickets Winners: the'
  ' figure of WRN-22-2 on CIFAR-10'
)
_DATA = (
  'With `data.name=cifar10_jpeg` the images are a lossy copy (JPEG) of'
  ' CIFAR-10: figures are then not comparable to the last point with the'
  " paper's."
)
WRN22_2 = Net(
  configs='cifar10/wrn22_2',
  # The first convolution is dense by default in the authors' code.
  spreads={
    name: {'updater.distribution': name, 'updater.dense_first': True}
    for name in ('erk', 'uniform')
  },
  printed=printed.WRN22_2,
)
# On two cores a batch of 128 takes seconds, and all test images take a minute:
# evaluation during training is on a few held-out training images.
_SHORT = WRN22_2._replace(
  printed={},
  overrides={
    'multiplier': 0.003,
    'batch_size': 16,
    'log_interval': 10,
    'data.validation': 500.0,
    'eval.interval': 73,
    'eval.batch_size': 250,
  },
  moving={'updater.update_interval': 10},
  pruned={'updater.update_interval': 10},
)
ROWS = (
  Row('dense'),
  Row('static', 'erk'),
  Row('set', 'erk'),
  Row('rigl', 'erk'),
  Row('gmp', 'erk'),
)
_LONGER = (Row('static', 'erk', 2.0), Row('rigl', 'erk', 2.0))


def methods(*, sparsities: tuple[float, ...] = (0.9, 0.95)) -> Study:
  """Builds the study of each method by sparsity, at the paper's length.

  Args:
    sparsities: ascending; the paper has 0.5, 0.8, 0.9 and 0.95.
  """
  return Study(
    title='WRN-22-2 on CIFAR-10: method by sparsity (ERK)',
    source=_SOURCE,
    runs=runs(WRN22_2, ROWS, sparsities),
    metrics=METRICS,
    across='updater.sparsity',
    figures=(Against('updater.sparsity'), Curves('eval_accuracy')),
    claims=claims.ABOVE_STATIC + claims.WIDENS + claims.NEAR_PRUNING,
    notes=_DATA,
  )


def longer(*, sparsities: tuple[float, ...] = (0.9, 0.95)) -> Study:
  """Builds the study of runs twice as long; arguments as for `methods`."""
  rows = (Row('static', 'erk'), Row('rigl', 'erk'), *_LONGER)
  return Study(
    title='WRN-22-2 on CIFAR-10: twice as long (ERK)',
    source=_SOURCE,
    runs=runs(WRN22_2, rows, sparsities),
    metrics=METRICS,
    across='updater.sparsity',
    figures=(Against('updater.sparsity'),),
    claims=claims.LONGER,
    notes=_DATA,
  )


def short(*, sparsity: float = 0.95) -> Study:
  """Builds a study of minutes on CPU: some hundred steps of small batches.

  Args:
    sparsity: of all but the dense net.
  """
  return Study(
    title=f'WRN-22-2 on CIFAR-10 at {100 * sparsity:g} %: some hundred steps',
    source=f'{_SOURCE}, at 1/330 of its length, so without its numbers',
    runs=runs(_SHORT, ROWS, (sparsity,)),
    metrics=METRICS,
    claims=claims.ABOVE_STATIC + claims.NEAR_PRUNING,
    notes=_DATA,
  )
