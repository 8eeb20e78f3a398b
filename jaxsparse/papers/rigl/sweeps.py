"""Sweeps of Evci et al. 2020 on ResNet-50: figures without printed numbers.

The sweeps are over the update interval and the drop fraction, the decay of the
drop fraction, and the sparsity distribution. Claims are from the text on these
figures.

**Deviations**: those of `imagenet`. The sparsities in the figure of
distributions are not known to us: here they are those of the tables. That
linear and cosine decay perform alike is no claim, as the paper gives no margin.
"""

from jaxsparse.papers.rigl import sweep_claims
from jaxsparse.papers.rigl.imagenet import FLOPS, PAPER, RESNET50
from jaxsparse.papers.rigl.rows import Overrides, Row
from jaxsparse.papers.rigl.runs import (
  METRICS,
  SPARSITY,
  runs,
  variant,
)
from jaxsparse.papers.rigl.sweep_claims import DROP, INTERVALS
from jaxsparse.studies.spec import Against, Run, Study

_FRACTIONS = (0.1, 0.3, 0.5)
_DECAYS = {
  'cosine': 'cosine',
  'constant': 'constant',
  'linear': 'linear (k = 1)',
  'inverse_power': 'inverse power (k = 3)',
}


def updates() -> Study:
  """Builds the interval by fraction sweep: RigL, SET, SNFS at 80 % uniform."""
  return _swept(
    'interval by drop fraction',
    'the figures of update intervals and drop fractions',
    tuple(
      _every(interval, method, method, Row(method).label, {})
      for method in ('rigl', 'set', 'snfs')
      for interval in INTERVALS
    ),
    sweep_claims.UPDATES,
  )


def decays() -> Study:
  """Builds the sweep of decays, by interval and fraction: RigL at 80 %."""
  return _swept(
    'how the drop fraction decays',
    'the figure of other decays',
    tuple(
      _every(interval, 'rigl', decay, label, {'updater.drop_schedule': decay})
      for decay, label in _DECAYS.items()
      for interval in INTERVALS
    ),
    sweep_claims.DECAYS,
  )


def distributions() -> Study:
  """Builds the study of uniform, ER and ERK by method and sparsity."""
  rows = tuple(
    Row(method, spread)
    for method in ('static', 'set', 'snfs', 'rigl')
    for spread in ('uniform', 'er', 'erk')
  )
  return Study(
    title='ResNet-50 on ImageNet: how sparsity is spread over layers',
    source=f'{PAPER}: the figure of sparsity distributions',
    runs=runs(RESNET50, rows, (0.8, 0.9, 0.95, 0.965)),
    metrics=METRICS,
    across=SPARSITY,
    figures=(Against(SPARSITY),),
    claims=sweep_claims.SPREADS,
    notes=f'{FLOPS} Numbers beside ours are those of the tables.',
  )


def _every(
  interval: int, method: str, name: str, label: str, own: Overrides
) -> Run:
  """Builds a run of a method with an update interval, over drop fractions."""
  fixed = {SPARSITY: 0.8, 'updater.update_interval': interval}
  return variant(
    RESNET50,
    Row(method, 'uniform'),
    f'{name}_every_{interval}',
    {**fixed, **own},
    label=f'{label}, every {interval:,}',
    grid={DROP: _FRACTIONS},
  )


def _swept(
  what: str, figure: str, made: tuple[Run, ...], claimed: sweep_claims.Claims
) -> Study:
  return Study(
    title=f'ResNet-50 on ImageNet at 80 %: {what}',
    source=f'{PAPER}: {figure}',
    runs=made,
    metrics=('test_accuracy', 'mask_churn'),
    across=DROP,
    figures=(Against(DROP),),
    claims=claimed,
  )
