r"""ResNet-20 at 8.6 %: another learning rate for tickets than for their search.

  python -m launch.study --config=studies/lottery/rate_table \
    --workdir=DIR --override data.dir=FOLDER

Eleven levels, and one cut to as many weights, at 0.01 and at 0.1; tickets are
then trained at four rates each. `_papers.py` says what FOLDER is.
"""

from jaxsparse.claims import Claim, Ordering, with_texts
from jaxsparse.studies.lottery import Arm, Rounds, lottery, under
from jaxsparse.studies.lottery.arms import REWOUND
from jaxsparse.studies.spec import Against, Study

from ._papers import LEVEL, MA, RATE, printed

_FIELDS = REWOUND | {LEVEL: 11}
_LOW = {RATE: (0.001, 0.005, 0.01, 0.05)}
_HIGH = {RATE: (0.01, 0.05, 0.1, 0.15)}
_SEARCH = under('search_0_1', 'search at 0.1', {RATE: 0.1}, ())
_RECIPE = _SEARCH['search_0_1'].recipe
_ITERATIVE = Arm('levels at 0.01', _FIELDS, grid=_LOW)
_ONE_SHOT = Arm('one cut at 0.01', _FIELDS, 'dense', grid=_LOW)
_ARMS = {
  'iterative': _ITERATIVE,
  'one_shot': _ONE_SHOT,
  'iterative_0_1': _ITERATIVE._replace(
    label='levels at 0.1', recipe=_RECIPE, chain='search_0_1', grid=_HIGH
  ),
  'one_shot_0_1': _ONE_SHOT._replace(
    label='one cut at 0.1', recipe=_RECIPE, chain='search_0_1', grid=_HIGH
  ),
}
_CLAIMS: dict[str, Claim] = {
  'Searched and trained at 0.01, levels beat one cut.': Ordering(
    ('one_shot', 'iterative'), at={RATE: 0.01}
  ),
  'Trained at 0.01, a search at 0.01 is better than at 0.1.': Ordering(
    ('iterative_0_1', 'iterative'), at={RATE: 0.01}
  ),
  'Searched at 0.1 and trained at 0.05, one cut beats levels.': Ordering(
    ('iterative_0_1', 'one_shot_0_1'), at={RATE: 0.05}
  ),
}


def get_config() -> Study:
  """Returns the study."""
  arms = {**_SEARCH, **_ARMS}
  return lottery(
    'lottery/resnet_20:ma',
    rounds=Rounds(levels=11),
    arms=tuple(arms),
    more=arms,
    title='ResNet-20 on CIFAR-10 at 8.6 %: rates of search and of tickets',
    source=f'{MA}, table 4',
    across=RATE,
    figures=(Against(RATE),),
    claims=with_texts(dict(_CLAIMS)),
    paper=printed('ma_rates'),
  )
