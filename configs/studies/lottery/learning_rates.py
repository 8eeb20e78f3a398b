r"""Tickets, one cut, and nets drawn anew, by learning rate.

  python -m launch.study --config=studies/lottery/learning_rates:resnet_20 \
    --workdir=DIR --override data.dir=FOLDER

Nets: resnet_20, resnet_32 (of double width, without shortcuts), vgg_16,
mobilenet. `_papers.py` says what FOLDER is. Arms that have no rate in their
name are of 0.01; `rewound` are those of epoch 8. The verdict on a ticket
(`jaxsparse.tickets.verdict`) takes the accuracies of all rates. Small dense
nets have as many params as tickets of levels 8 and 11.

**Deviations**: masks are cut by the weights of the last step, where the
authors' code takes those of the best test accuracy; no layer is left out.
"""

import dataclasses

from jaxsparse.claims import Claim, Difference, Ordering, with_texts
from jaxsparse.core import choices
from jaxsparse.studies.lottery import Arm, Rounds, lottery, rewound_to, under
from jaxsparse.studies.spec import Study

from ._papers import LEVEL, MA, RATE, printed

# Net -> title, config, and the widths of small dense nets.
NETS = {
  'resnet_20': ('ResNet-20', 'lottery/resnet_20:ma', (0.421, 0.312)),
  'resnet_32': (
    'ResNet-32 without shortcuts',
    'lottery/resnet_32:plain',
    (0.828, 0.593),
  ),
  'vgg_16': ('VGG-16', 'lottery/vgg_16:ma', (0.41, 0.294)),
  'mobilenet': ('MobileNet v1', 'lottery/mobilenet', (0.41, 0.296)),
}
_RATES = (0.005, 0.05, 0.1)
_CONTROLS = ('reinit', 'one_shot', 'one_shot_reinit')
# Of 64 of 50,000 images.
_EPOCH_8 = 6250
_REWOUND = {
  'rewound': Arm('rewound to epoch 8', rewound_to(_EPOCH_8), 'own'),
  'rewound_one_shot': Arm(
    'one-shot, rewound to epoch 8', rewound_to(_EPOCH_8), 'dense'
  ),
}
# 83 and 91 % of the weights pruned.
_AT_8, _AT_11 = {LEVEL: 8}, {LEVEL: 11}
_CLAIMS: dict[str, dict[str, Claim]] = {
  'resnet_20': {
    'At 0.01 tickets end above nets drawn anew.': Ordering(
      ('reinit', 'ticket'), at=_AT_11
    ),
    'And above those of one cut.': Ordering(('one_shot', 'ticket'), at=_AT_11),
    'At 0.1 they do not end above nets drawn anew.': Difference(
      'rate_0_1', 'rate_0_1_reinit', '<=', 0.5, at=_AT_11
    ),
    'Rewinding to epoch 8 helps.': Ordering(('ticket', 'rewound'), at=_AT_11),
  },
  'resnet_32': {
    'At 0.01 tickets end no higher than those of one cut.': Difference(
      'ticket', 'one_shot', '<=', 0.5, at=_AT_8
    ),
  },
  'vgg_16': {
    'At 0.1 tickets and nets drawn anew end alike.': Difference(
      'rate_0_1', 'rate_0_1_reinit', '<=', 0.5, at=_AT_11
    ),
  },
  'mobilenet': {
    'At 0.01 tickets end above nets drawn anew.': Ordering(
      ('reinit', 'ticket'), at=_AT_8
    ),
  },
}


def get_config(name: str = 'resnet_20') -> Study:
  """Returns the study of a net."""
  choices.check(f'net is {name!r}', name, NETS)
  title, config, widths = NETS[name]
  arms = dict(_REWOUND)
  for rate in _RATES:
    at_rate = f'rate_{rate}'.replace('.', '_')
    arms |= under(at_rate, f'rate {rate}', {RATE: rate}, _CONTROLS)
  study = lottery(
    config,
    rounds=Rounds(levels=14),
    arms=(*_CONTROLS, 'restart', *arms),
    more=arms,
    title=f'{title} on CIFAR-10: tickets by learning rate',
    source=f'{MA}, sections 2 and 3, and table 4',
    claims=with_texts(dict(_CLAIMS[name])),
    paper=printed(f'ma_{name}'),
    notes='Arms that have no rate in their name are of 0.01.',
  )
  small = dataclasses.replace(
    study.run('dense'),
    name='small_dense',
    label='small dense',
    grid={'model.width': widths},
    paper={},
  )
  return dataclasses.replace(study, runs=(*study.runs, small))
