r"""ResNet-20 at 8.6 %: what is a ticket after 78 epochs is none after 160.

  python -m launch.study --config=studies/lottery/lengths \
    --workdir=DIR --override data.dir=FOLDER

Eleven levels at a learning rate of 0.005. `_papers.py` says what FOLDER is. The
shorter runs are as long as those of Frankle and Carbin, and a tenth of the rate
begins after two thirds and five sixths, as there.
"""

from jaxsparse.claims import Claim, Difference, Ordering, with_texts
from jaxsparse.studies.lottery import Rounds, lottery, under
from jaxsparse.studies.spec import Study

from ._papers import LEVEL, MA, RATE, printed

_AT = {LEVEL: 11}
_SHORT = {'num_epochs': 78.0, 'optimizer.boundaries': (2 / 3, 5 / 6)}
_CLAIMS: dict[str, Claim] = {
  'After 78 epochs tickets end within a point of the dense net.': Difference(
    'epochs_78', 'epochs_78_dense', '>=', -1.0, at=_AT
  ),
  'After 160 they end more than a point below it.': Difference(
    'dense', 'ticket', '>=', 1.0, at=_AT
  ),
  'The dense net gains more from a longer run.': Ordering(
    ('epochs_78_dense', 'dense')
  ),
  'After 160 epochs, too, they end above nets drawn anew.': Ordering(
    ('reinit', 'ticket'), at=_AT
  ),
}


def get_config() -> Study:
  """Returns the study."""
  short = under('epochs_78', '78 epochs', _SHORT)
  return lottery(
    'lottery/resnet_20:ma',
    {RATE: 0.005},
    rounds=Rounds(levels=11),
    arms=('reinit', *short),
    more=short,
    title='ResNet-20 on CIFAR-10 at 8.6 %: tickets by length of training',
    source=f'{MA}, section 2.1',
    claims=with_texts(dict(_CLAIMS)),
    paper=printed('ma_lengths'),
  )
