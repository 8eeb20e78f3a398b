r"""Why LeNet-300-100 has lottery tickets on MNIST.

  python -m launch.study --config=studies/lottery/mnist_stability \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Children that differ in the order of their data, nets that all earlier ones
repel, and learning rates, over ten levels, which leave 10.8 % of the weights.
FOLDER is where TFDS has mnist as array_record. `studies/lottery/mnist` shares
RUNS.

The weight of the repellent loss is 20, where the paper has 2: in 700 steps, 2
leaves squared cosines of up to 0.17 to earlier nets, 5 of up to 0.14, 10 of up
to 0.05, and 30 of 0.002. Of 100 nets end below those drawn anew.
"""

import dataclasses

from jaxsparse.claims import Bound, Claim, Difference, Trend, with_texts
from jaxsparse.studies.lottery import Arm, lottery
from jaxsparse.studies.lottery.arms import ARMS, REWOUND
from jaxsparse.studies.spec import Against, Along, Analysis, Run, Study

from .mnist import CONFIG, LEVEL, ROUNDS

_LEVELS = 10
# With three, the dense net's stability and what repelling leaves are undecided.
_SEEDS = 6
_LAST = {LEVEL: _LEVELS}
_NOISE = Arm('other order of data', REWOUND | {'streams': ('order=1',)})


def _repelled(name: str) -> Arm:
  """Returns an arm of nets that others repel, at the weight of this study."""
  arm = ARMS[name]
  return arm._replace(fields={**arm.fields, 'anchors.weight': 20.0})


_MORE = {
  'noise': _NOISE,
  'repel': _repelled('repel'),
  'repel_reinit': _repelled('repel_reinit'),
}
# Of each split: all test images, and a sixth of those of training.
_EXAMPLES = {'examples': 10_000}
_RATE = 'optimizer.learning_rate'

_CLAIMS: dict[str, Claim] = {
  'Training is stable at each level: children are within a point.': Bound(
    'noise', '<=', 1.0, metric='test_instability'
  ),
  'So it is from the start of the dense net.': Bound(
    'dense_noise', '<=', 1.0, metric='test_instability'
  ),
  'The squared cosine of a repelled net to each earlier one is below 0.05.': (
    Bound('dense', '<=', 0.05**0.5, metric=f'cosine_to_nearest_{_LEVELS}')
  ),
  'Tickets that all earlier nets repel end below tickets.': Difference(
    'ticket', 'repel', '>=', 0.0, at=_LAST
  ),
  'They end no more than 1.6 points above nets drawn anew: half as much.': (
    Difference('repel', 'reinit', '<=', 1.6, at=_LAST)
  ),
  'Nets drawn anew lose at most half a point where tickets repel them.': (
    Difference('repel_reinit', 'reinit', '>=', -0.5, at=_LAST)
  ),
  'The correlation of start and end falls with the learning rate.': Trend(
    'sgd', _RATE, 'falls', metric='correlation_indicator'
  ),
}


def get_config() -> Study:
  """Returns the study."""
  study = lottery(
    CONFIG,
    rounds=dataclasses.replace(ROUNDS, levels=_LEVELS),
    arms=('reinit', *_MORE),
    more=_MORE,
    seeds=_SEEDS,
    title='LeNet-300-100 on MNIST: why there are tickets',
    source='after Frankle et al. 2020, Maene et al. 2021 and Ma et al. 2021',
    figures=(
      Along(
        'active_weights',
        'test_accuracy',
        runs=('dense', 'ticket', 'reinit', *_MORE),
      ),
      Against(_RATE, 'correlation_indicator', runs=('sgd',)),
    ),
    analyses=(
      Analysis(
        'dense_children', ('dense_noise', 'dense'), 'instability', _EXAMPLES
      ),
      Analysis('children', ('noise', 'ticket'), 'instability', _EXAMPLES),
      Analysis('sgd_start_and_end', ('sgd',), 'correlation_indicator'),
      Analysis('apart', ('dense', 'repel*'), 'levels', {'measure': 'cosine'}),
    ),
    claims=with_texts(_CLAIMS),
  )
  (dense,) = (run for run in study.runs if run.name == 'dense')
  noise = Run(
    'dense_noise',
    CONFIG,
    {**dense.overrides, 'streams': ('order=1',)},
    seeds=_SEEDS,
    label='dense, other order of data',
  )
  sgd = Run(
    'sgd',
    CONFIG,
    {'optimizer.name': 'sgd', 'optimizer.momentum': 0.0},
    grid={_RATE: (0.01, 0.05, 0.1, 0.4)},
    seeds=_SEEDS,
    label='dense, SGD',
  )
  return dataclasses.replace(study, runs=(*study.runs, noise, sgd))
