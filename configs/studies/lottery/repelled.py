r"""Nets that earlier tickets repel or attract: why there are tickets.

  python -m launch.study --config=studies/lottery/repelled:resnet_20 \
    --workdir=DIR --override data.dir=FOLDER

Nets: lenet_300_100, conv_4, resnet_20. `_papers.py` says what FOLDER is. If a
ticket is one because training finds the solution again that it was cut from,
then a penalty on the squared cosine to all earlier solutions (weight 2) must
take its advantage away, and one of the other sign (-1) must make tickets where
training is unstable: batches of 128 in ResNet-20, where stable ones have 1,024;
in Conv-4 batches of 16, a weight decay of 0.01 and falls of the rate.

The paper has figures alone.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jaxsparse.claims import Claim, Difference, Ordering, with_texts
from jaxsparse.core import choices
from jaxsparse.studies.lottery import Arm, Rounds, lottery, rewound_to, under
from jaxsparse.studies.spec import Analysis, Study

from ._papers import LEVEL, MAENE


class _Net(NamedTuple):
  """A net of the study.

  Attributes:
    title: 'Conv-4 on CIFAR-10'.
    config: of its dense net.
    stable: config fields of every run.
    unstable: those that make training unstable; none: not tried.
  """

  title: str
  config: str
  stable: Mapping[str, Any]
  unstable: Mapping[str, Any] = {}


NETS = {
  'lenet_300_100': _Net(
    'LeNet-300-100 on MNIST',
    'lottery/lenet_300_100',
    {'num_epochs': 25.0, 'model.kernel_init': 'he_uniform'},
  ),
  'conv_4': _Net(
    'Conv-4 on CIFAR-10',
    'lottery/conv_net:maene',
    {},
    {
      'batch_size': 16,
      'optimizer.weight_decay': 0.01,
      'optimizer.schedule': 'piecewise',
      'optimizer.boundaries': (55 / 75, 65 / 75),
      'optimizer.scales': (0.1, 0.01),
    },
  ),
  'resnet_20': _Net(
    'ResNet-20 on CIFAR-10',
    'lottery/resnet_20:maene',
    {'batch_size': 1024},
    {'batch_size': 128},
  ),
}
_REWOUND = 500
_AT = {LEVEL: 10}
_CLAIMS: dict[str, Claim] = {
  'Tickets that all earlier ones repel end below tickets.': Ordering(
    ('repel', 'ticket'), at=_AT
  ),
  'They end where nets drawn anew do.': Difference(
    'repel', 'reinit', '<=', 0.5, at=_AT
  ),
  'Nets drawn anew lose nothing by it.': Difference(
    'repel_reinit', 'reinit', '>=', -0.5, at=_AT
  ),
  'Repelled by the last one alone, tickets remain.': Ordering(
    ('reinit', 'repel_last'), at=_AT
  ),
}
_OF_UNSTABLE: dict[str, Claim] = {
  'Unstable training finds tickets if earlier ones attract.': Ordering(
    ('unstable_reinit', 'unstable_attract'), at=_AT
  ),
  'They end below rewound ones.': Ordering(
    ('unstable_attract', 'unstable_rewound'), at=_AT
  ),
  'Nets drawn anew end lower for it.': Ordering(
    ('unstable_attract_reinit', 'unstable_reinit'), at=_AT
  ),
}


def get_config(name: str = 'resnet_20') -> Study:
  """Returns the study of a net."""
  choices.check(f'net is {name!r}', name, NETS)
  net = NETS[name]
  arms = _unstable(net.unstable) if net.unstable else {}
  analyses = [Analysis('angles', ('dense', 'ticket*'), 'levels')]
  chains = ('repel', 'repel_last')
  return lottery(
    net.config,
    net.stable,
    rounds=Rounds(levels=25),
    arms=('reinit', *chains, 'repel_reinit', *arms),
    more=arms,
    title=f'{net.title}: tickets repelled and attracted by earlier ones',
    source=f'{MAENE}: the repellent loss',
    analyses=analyses,
    claims=with_texts(_CLAIMS | (_OF_UNSTABLE if arms else {})),
  )


def _unstable(recipe: Mapping[str, Any]) -> dict[str, Arm]:
  """Returns the arms of unstable training."""
  controls = ('reinit', 'attract', 'attract_reinit')
  rewound = Arm(
    f'unstable, rewound to step {_REWOUND}',
    rewound_to(_REWOUND),
    'own',
    recipe,
    chain='unstable',
  )
  arms = under('unstable', 'unstable', recipe, controls)
  return {**arms, 'unstable_rewound': rewound}
