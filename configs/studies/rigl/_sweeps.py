"""Sweeps of Evci et al. 2020 over update intervals and drop fractions.

They are of ResNet-50 at 80 % (uniform), in figures without printed numbers.
"""

from jaxsparse.claims import Claim
from jaxsparse.studies.spec import Against, Run, Study

from ._nets import PAPER, RESNET50, SPARSITY, Overrides
from ._runs import variant

DROP = 'updater.drop_fraction'
INTERVALS = (50, 100, 500, 1000)


def every_interval(
  method: str, name: str, label: str, own: Overrides
) -> tuple[Run, ...]:
  """Builds a run of a method for each update interval, over drop fractions.

  Args:
    method: of the runs.
    name: their names begin with.
    label: their labels begin with.
    own: further config fields.
  """
  return tuple(
    variant(
      RESNET50,
      f'{method}_uniform',
      f'{name}_every_{interval}',
      {SPARSITY: 0.8, 'updater.update_interval': interval, **own},
      label=f'{label}, every {interval:,}',
      grid={DROP: (0.1, 0.3, 0.5)},
    )
    for interval in INTERVALS
  )


def study(
  what: str, figure: str, runs: tuple[Run, ...], claims: tuple[Claim, ...]
) -> Study:
  """Builds the study of a sweep.

  Args:
    what: is swept, for the title.
    figure: of the paper.
    runs: from `every_interval`.
    claims: about them.
  """
  return Study(
    title=f'ResNet-50 on ImageNet at 80 %: {what}',
    source=f'{PAPER}: {figure}',
    runs=runs,
    metrics=('test_accuracy', 'mask_churn'),
    across=DROP,
    figures=(Against(DROP),),
    claims=claims,
  )
