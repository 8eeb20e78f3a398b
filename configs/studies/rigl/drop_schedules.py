r"""ResNet-50 on ImageNet at 80 %: how the drop fraction of RigL decays.

  python -m launch.study --config=studies/rigl/drop_schedules \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

144 members, by decay, interval and drop fraction; `_nets.py` has settings and
data. In the paper, whose numbers are in a figure, linear is about as good as
the cosine (no claim here, as it gives no margin), a constant fraction is good
at 0.1 alone, and inverse power (k = 3) is worse at long intervals.
"""

from jaxsparse.claims import Ordering, Trend, with_texts
from jaxsparse.studies.spec import Study

from ._sweeps import DROP, INTERVALS, every_interval, study

_DECAYS = {
  'cosine': 'cosine',
  'constant': 'constant',
  'linear': 'linear (k = 1)',
  'inverse_power': 'inverse power (k = 3)',
}


def get_config() -> Study:
  """Returns the study."""
  return study(
    'how the drop fraction decays',
    'the figure of other decays',
    tuple(
      run
      for decay, label in _DECAYS.items()
      for run in every_interval(
        'rigl', decay, label, {'updater.drop_schedule': decay}
      )
    ),
    with_texts(
      {
        f'A constant drop fraction should be small (every {interval:,}).': (
          Trend(f'constant_every_{interval}', along=DROP, direction='falls')
        )
        for interval in INTERVALS
      }
      | {
        'Every 1,000 steps inverse power (k = 3) is worse than a cosine.': (
          Ordering(('inverse_power_every_1000', 'cosine_every_1000'))
        )
      }
    ),
  )
