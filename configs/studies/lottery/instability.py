r"""Whether training is stable from a step on, for dense nets and for tickets.

  python -m launch.study --config=studies/lottery/instability:resnet_20 \
    --workdir=DIR --override data.dir=FOLDER

Nets: lenet_300_100; resnet_20, resnet_20_low, resnet_20_warm_up; vgg_16,
vgg_16_low, vgg_16_warm_up; resnet_50. `_papers.py` says what FOLDER is.

For each step tickets are rewound to it, and have a twin with another order and
augmentation of the data. Training is stable if the error on the line between
both rises by less than 2 points. Level 0 is the dense net, trained again from
that step. ResNet-50 is pruned in one cut to 30 %.

**Deviations**: three pairs a step, those of three seeds, where the paper has
nine. Where a net is the dense one, both of a pair start with a fresh momentum.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jaxsparse.claims import Bound, Claim, Difference, with_texts
from jaxsparse.core import choices
from jaxsparse.studies.lottery import Rounds, lottery, pairs
from jaxsparse.studies.spec import Against, Analysis, Study

from ._papers import LEVEL, LINEAR_MODE, RATE, printed

_NOISE = ('order', 'augment')


class _Net(NamedTuple):
  """A net of the study.

  Attributes:
    title: 'VGG-16 on CIFAR-10'.
    config: of its dense net.
    levels: rounds of pruning.
    steps: that tickets are rewound to, from 0.
    stable: the first of them from which the paper's dense net and tickets are
      stable; `None` if none is.
    overrides: config fields of every run.
    rate: fraction that a round prunes.
    streams: random streams of the pairs.
  """

  title: str
  config: str
  levels: int
  steps: tuple[int, ...] = (0,)
  stable: tuple[int | None, int | None] = (None, None)
  overrides: Mapping[str, Any] = {}
  rate: float = 0.2
  streams: tuple[str, ...] = _NOISE


_RESNET = _Net('ResNet-20 on CIFAR-10', 'resnet_20:linear_mode', 11)
_VGG = _Net('VGG-16 on CIFAR-10', 'vgg_16:linear_mode', 19)
_STEPS = (0, 250, 500, 1000, 2000, 4000)
_LOW = {RATE: 0.01}
_WARM_UP = {'optimizer.warmup_steps': 30_000}
NETS = {
  'lenet_300_100': _Net(
    'LeNet-300-100 on MNIST',
    'lenet_300_100',
    15,
    stable=(0, 0),
    overrides={'num_steps': 24_000},
    streams=('order',),
  ),
  'resnet_20': _RESNET._replace(levels=8, steps=_STEPS, stable=(2000, 500)),
  'resnet_20_low': _RESNET._replace(overrides=_LOW),
  'resnet_20_warm_up': _RESNET._replace(overrides={RATE: 0.03, **_WARM_UP}),
  'vgg_16': _VGG._replace(steps=_STEPS, stable=(1000, 1000)),
  'vgg_16_low': _VGG._replace(levels=13, overrides=_LOW),
  'vgg_16_warm_up': _VGG._replace(overrides=_WARM_UP),
  # Epochs 0, 5 and 18; images are cropped by the stream `crop`.
  'resnet_50': _Net(
    'ResNet-50 on ImageNet',
    'open_lth:imagenet_resnet_50',
    1,
    (0, 6255, 22_520),
    (22_520, 6255),
    rate=0.7,
    streams=(*_NOISE, 'crop'),
  ),
}


def get_config(name: str = 'resnet_20') -> Study:
  """Returns the study of a net."""
  choices.check(f'net is {name!r}', name, NETS)
  net = NETS[name]
  arms = pairs(net.steps, (0, net.levels), net.streams)
  return lottery(
    f'lottery/{net.config}',
    net.overrides,
    rounds=Rounds(levels=net.levels, rate=net.rate),
    arms=('reinit', 'random', *arms),
    more=arms,
    title=f'{net.title}: instability against the step rewound to',
    source=f'{LINEAR_MODE}: instability by step; tables 1 and 2',
    metrics=('test_accuracy', 'test_instability', 'train_instability'),
    figures=(Against(LEVEL),),
    analyses=tuple(
      Analysis(
        f'instability_{step}',
        (f'twin_{step}', f'from_{step}' if step else 'ticket'),
        'instability',
      )
      for step in net.steps
    ),
    claims=with_texts(_claims(net)),
    paper=printed(f'linear_mode_{name}'),
    notes=(
      "The paper's accuracies are from memory, and have yet to be compared with"
      ' its tables; random masks have one density in all layers.'
    ),
  )


def _claims(net: _Net) -> dict[str, Claim]:
  """Returns what the paper says of the first steps that are stable."""
  claims: dict[str, Claim] = {}
  for what, level, first in zip(
    ('The dense net is', 'Tickets are'),
    (0, net.levels),
    net.stable,
    strict=True,
  ):
    for step in net.steps if first is not None else ():
      if step in (0, first):
        stable = step == first
        text = f'{what} {"" if stable else "un"}stable from step {step:,}.'
        claims[text] = Bound(
          f'twin_{step}',
          '<=' if stable else '>=',
          2.0,
          metric='test_instability',
          at={LEVEL: level},
        )
  # Without a gain where training is not stable from step 0 on.
  last = {LEVEL: net.levels}
  if net.stable[1]:
    text = 'From step 0 tickets end no higher than nets drawn anew.'
    claims[text] = Difference('ticket', 'reinit', '<=', 0.75, at=last)
  else:
    text = 'From step 0 tickets end above nets drawn anew.'
    claims[text] = Difference('ticket', 'reinit', '>=', 0.75, at=last)
  return claims
