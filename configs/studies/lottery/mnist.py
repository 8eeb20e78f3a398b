r"""Lottery tickets of LeNet-300-100 on MNIST, and the arms that judge them.

  python -m launch.study --config=studies/lottery/mnist \
    --workdir=DIR --runs_dir=RUNS --override data.dir=FOLDER

Fifteen levels, three seeds and ten arms. FOLDER is where TFDS has mnist as
array_record. `studies/lottery/mnist_stability` shares RUNS.

The recipe is that of Frankle and Carbin 2019 (20 % of each layer a level, 10 %
of the last), at 700 steps in place of 50,000.
"""

from jaxsparse.claims import Bound, Claim, Difference, Trend, with_texts
from jaxsparse.studies.lottery import Arm, Rounds, lottery
from jaxsparse.studies.lottery.arms import REWOUND
from jaxsparse.studies.spec import Against, Along, Analysis, Study

CONFIG = 'lottery/lenet_300_100'
LEVEL = 'pruning.level'
ROUNDS = Rounds(
  levels=15,
  scope='layer',
  layers=('Dense_2/kernel=0.1',),
  retrain=350,
  finetune_rate=1.2e-4,
)
_ARMS = (
  *('ticket', 'reinit', 'shuffle', 'shuffle_global', 'random', 'rate_rewind'),
  *('finetune', 'restart'),
)
_DECAY = Arm('weight decay', REWOUND, 'own', {'optimizer.weight_decay': 1e-4})
LAST = {LEVEL: 15}

_CLAIMS: dict[str, Claim] = {
  'With 3.6 % of the weights tickets end 2 points above nets drawn anew.': (
    Difference('ticket', 'reinit', '>=', 2.0, at=LAST)
  ),
  'And 3 points above shuffled masks.': Difference(
    'ticket', 'shuffle', '>=', 3.0, at=LAST
  ),
  'And at most half a point below the dense net.': Difference(
    'ticket', 'dense', '>=', -0.5, at=LAST
  ),
  'Nets drawn anew end above shuffled masks there.': Difference(
    'reinit', 'shuffle', '>=', 0.0, at=LAST
  ),
  'With 11 % of the weights tickets end 0.7 points above the dense net.': (
    Difference('ticket', 'dense', '>=', 0.7, at={LEVEL: 10})
  ),
  'The correlation of start and end falls with the level.': Trend(
    'ticket', LEVEL, 'falls', metric='correlation_indicator'
  ),
  'At the last level it is above 0.18 still.': Bound(
    'ticket', '>=', 0.18, metric='correlation_indicator', at=LAST
  ),
  'Other weights have it by chance, 0.1.': Bound(
    'reinit', '<=', 0.11, metric='correlation_indicator'
  ),
  'From level 5 on a level ends within 0.18 of the one before, as an angle.': (
    Bound('dense', '<=', 0.18, metric='angle_to_previous_5')
  ),
}


def get_config() -> Study:
  """Returns the study."""
  chain = ('dense', 'ticket*')
  return lottery(
    CONFIG,
    rounds=ROUNDS,
    arms=(*_ARMS, 'small_dense', 'decay'),
    more={'decay': _DECAY},
    title='LeNet-300-100 on MNIST: tickets and the arms that judge them',
    source=(
      'after Frankle and Carbin 2019, figure 1, and Ma et al. 2021, whose runs'
      ' are longer'
    ),
    figures=(
      Along('active_weights', 'test_accuracy'),
      Against(LEVEL, runs=('dense', 'ticket', 'reinit', 'shuffle')),
      Against(LEVEL, 'correlation_indicator', runs=('ticket', 'reinit')),
    ),
    analyses=(
      Analysis(
        'start_and_end', ('ticket',), 'correlation_indicator', drawn=False
      ),
      Analysis(
        'chance', ('reinit', 'ticket'), 'correlation_indicator', drawn=False
      ),
      Analysis('angles', chain, 'levels'),
      Analysis(
        'basins', ('dense@0', *chain[1:]), 'level_barriers', {'points': 20}
      ),
      Analysis('cuts', chain, 'pruning_threshold'),
      Analysis('weights', ('dense@0', *chain[1:]), 'weight_histogram'),
    ),
    claims=with_texts(_CLAIMS),
  )
