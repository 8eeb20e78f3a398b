"""Claims of the RigL paper on its sweeps, for runs named as in `sweeps`."""

from jaxsparse.claims import (
  Bound,
  Claim,
  Ordering,
  Trend,
)
from jaxsparse.papers.rigl.runs import SPARSITY

Claims = tuple[Claim, ...]

DROP = 'updater.drop_fraction'
INTERVALS = (50, 100, 500, 1000)


def _best(method: str, label: str, interval: int, fraction: float) -> Claims:
  """Returns the claims that one interval is the best at a drop fraction."""
  return tuple(
    Ordering(
      (f'{method}_every_{other}', f'{method}_every_{interval}'),
      at={DROP: fraction},
      text=(
        f'{label}, drop fraction {fraction:g}: every {interval} steps is'
        f' better than every {other:,}.'
      ),
    )
    for other in INTERVALS
    if other != interval
  )


UPDATES: Claims = (
  *_best('rigl', 'RigL', 100, 0.3),
  *_best('rigl', 'RigL', 100, 0.5),
  Bound(
    'rigl_every_1000',
    '>=',
    73.5,
    text='RigL that updates every 1,000 steps still ends above 73.5 %.',
  ),
  *_best('set', 'SET', 50, 0.1),
  *_best('snfs', 'SNFS', 50, 0.1),
  *(
    Trend(
      f'{method}_every_50',
      along=DROP,
      direction='falls',
      text=f'{label}, every 50 steps: smaller drop fractions are better.',
    )
    for method, label in (('set', 'SET'), ('snfs', 'SNFS'))
  ),
  Trend(
    'set_every_1000',
    along=DROP,
    direction='rises',
    text='SET, every 1,000 steps: larger drop fractions are better.',
  ),
)
DECAYS: Claims = (
  *(
    Trend(
      f'constant_every_{interval}',
      along=DROP,
      direction='falls',
      text=f'A constant drop fraction should be small (every {interval:,}).',
    )
    for interval in INTERVALS
  ),
  Ordering(
    ('inverse_power_every_1000', 'cosine_every_1000'),
    text='Every 1,000 steps inverse power (k = 3) is worse than a cosine.',
  ),
)
SPREADS: Claims = tuple(
  claim
  for method, label in (
    ('static', 'Static'),
    ('set', 'SET'),
    ('snfs', 'SNFS'),
    ('rigl', 'RigL'),
  )
  for claim in (
    Ordering(
      (f'{method}_uniform', f'{method}_erk'),
      text=f'{label}: ERK is above uniform.',
    ),
    Ordering(
      (f'{method}_er', f'{method}_erk'), text=f'{label}: ERK is above ER.'
    ),
    Trend(
      f'{method}_erk',
      along=SPARSITY,
      direction='rises',
      minus=f'{method}_uniform',
      text=f'{label}: ERK gains more over uniform the sparser the net.',
    ),
  )
)
