r"""ResNet-50 on ImageNet at 80 %: how often masks move, and how far.

  python -m launch.study --config=studies/rigl/update_intervals \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

108 members, RigL, SET and SNFS by interval and drop fraction; `_nets.py` has
settings and data. In the paper, whose numbers are in figures, RigL is best
every 100 steps with 0.3 or 0.5, and ends above 73.5 % every 1,000; SET and SNFS
are best every 50 with 0.1.
"""

from jaxsparse.claims import Bound, Claim, Ordering, Trend, with_texts
from jaxsparse.studies.spec import Study

from ._sweeps import DROP, INTERVALS, every_interval, study

_LABELS = {'rigl': 'RigL', 'set': 'SET', 'snfs': 'SNFS'}


def _best(method: str, interval: int, fraction: float) -> dict[str, Claim]:
  """Returns the claims that one interval is the best at a drop fraction."""
  return {
    (
      f'{_LABELS[method]}, drop fraction {fraction:g}: every {interval} steps'
      f' is better than every {other:,}.'
    ): Ordering(
      (f'{method}_every_{other}', f'{method}_every_{interval}'),
      at={DROP: fraction},
    )
    for other in INTERVALS
    if other != interval
  }


_CLAIMS: dict[str, Claim] = {
  **_best('rigl', 100, 0.3),
  **_best('rigl', 100, 0.5),
  'RigL that updates every 1,000 steps still ends above 73.5 %.': Bound(
    'rigl_every_1000', '>=', 73.5
  ),
  **_best('set', 50, 0.1),
  **_best('snfs', 50, 0.1),
  **{
    f'{label}, every 50 steps: smaller drop fractions are better.': Trend(
      f'{method}_every_50', along=DROP, direction='falls'
    )
    for method, label in (('set', 'SET'), ('snfs', 'SNFS'))
  },
  'SET, every 1,000 steps: larger drop fractions are better.': Trend(
    'set_every_1000', along=DROP, direction='rises'
  ),
}


def get_config() -> Study:
  """Returns the study."""
  return study(
    'interval by drop fraction',
    'the figures of update intervals and drop fractions',
    tuple(
      run
      for method in ('rigl', 'set', 'snfs')
      for run in every_interval(method, method, _LABELS[method], {})
    ),
    with_texts(_CLAIMS),
  )
