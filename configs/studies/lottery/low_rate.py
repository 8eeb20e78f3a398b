r"""ResNet-50 on ImageNet at 30 %: tickets from the start, at two rates.

  python -m launch.study --config=studies/lottery/low_rate \
    --workdir=DIR --override data.dir=FOLDER

One cut to 30 % of the weights, all layers ranked together. A low rate makes
training stable, as a large batch does, which would take too much memory.
`_papers.py` says what FOLDER is.
"""

from jaxsparse.claims import Claim, Difference, Ordering, with_texts
from jaxsparse.studies.lottery import Rounds, lottery, under
from jaxsparse.studies.spec import Study

from ._papers import LEVEL, MAENE, RATE, printed

_CLAIMS: dict[str, Claim] = {
  'At a rate of 0.1 tickets end above nets drawn anew.': Ordering(
    ('rate_0_1_reinit', 'rate_0_1'), at={LEVEL: 1}
  ),
  'At 0.4 they do not.': Difference(
    'ticket', 'reinit', '<=', 0.5, at={LEVEL: 1}
  ),
}


def get_config() -> Study:
  """Returns the study."""
  low = under('rate_0_1', 'rate 0.1', {RATE: 0.1})
  return lottery(
    'lottery/resnet_50:maene',
    rounds=Rounds(levels=1, rate=0.7),
    arms=('reinit', *low),
    more=low,
    title='ResNet-50 on ImageNet at 30 %: tickets by learning rate',
    source=f'{MAENE}: its text on ResNet-50',
    claims=with_texts(dict(_CLAIMS)),
    paper=printed('maene_resnet_50'),
    notes=(
      'The paper prints by how much tickets end below the dense net, 2.4 and'
      ' 2.0 points.'
    ),
  )
