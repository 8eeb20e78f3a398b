r"""Tickets from the start: LeNet, Conv-2, Conv-4, Conv-6, ResNet-20, VGG-19.

  python -m launch.study --config=studies/lottery/frankle_carbin:lenet_300_100 \
    --workdir=DIR --override data.dir=FOLDER

Nets: lenet_300_100, conv_2, conv_4, conv_6; resnet_20_high, resnet_20_low,
resnet_20_warm_up, vgg_19_high, vgg_19_low and vgg_19_warm_up, by their learning
rate. `_papers.py` says what FOLDER is.

A level prunes 20 % of each layer of LeNet and 10 % of its last one; of Conv-2,
4 and 6 10, 10 and 15 % of convolutions, 20 % of dense layers and 10 % of the
last; 20 % of all convolutions of ResNet-20 (the paper's ResNet-18) and VGG-19,
whose classifier stays dense. In the paper tickets learn sooner, too, by the
step of the lowest validation loss: those of LeNet with 21 % of the weights by
38 %. No number of a summary says this; the curves do.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jaxsparse.claims import Claim, Difference, Ordering, with_texts
from jaxsparse.core import choices
from jaxsparse.studies.lottery import Rounds, lottery
from jaxsparse.studies.spec import Along, Curves, Study

from ._papers import FRANKLE_CARBIN, LEVEL, RATE, printed


class _Net(NamedTuple):
  title: str
  config: str
  rounds: Rounds
  claims: Mapping[str, Claim]
  overrides: Mapping[str, Any] = {}
  seeds: int = 5


def _conv(depth: int, rate: float, level: int, best: str) -> _Net:
  """Returns Conv-2, 4 or 6, with the level of its best tickets in the paper."""
  return _Net(
    f'Conv-{depth} on CIFAR-10',
    f'lottery/conv_net:conv_{depth}',
    Rounds(
      levels=20,
      scope='layer',
      layers=(f'conv*/kernel={rate}', 'logits/kernel=0.1'),
    ),
    {
      f'Tickets end above the dense net, {best} in the paper).': Ordering(
        ('dense', 'ticket'), at={LEVEL: level}
      )
    },
  )


def _deep(vgg: bool, title: str, overrides: Mapping[str, Any]) -> _Net:
  """Returns ResNet-20 or VGG-19 at a learning rate."""
  level = 17 if vgg else 8
  gain = Difference('ticket', 'random', '>=', 1.5, at={LEVEL: level})
  none = Difference('ticket', 'random', '<=', 0.5, at={LEVEL: level})
  density = '2.3 %' if vgg else '17 %'
  return _Net(
    f'{"VGG-19" if vgg else "ResNet-20"} on CIFAR-10, {title}',
    f'lottery/{"vgg_19" if vgg else "resnet_20:frankle_carbin"}',
    Rounds(levels=19 if vgg else 15, layers=('logits/kernel=0',)),
    {f'With {density} of the weights tickets end above random masks.': gain}
    if overrides
    else {f'With {density} they end no higher than random masks.': none},
    overrides,
    3,
  )


_LENET: dict[str, Claim] = {
  'With 13 % of the weights tickets end above the dense net.': Ordering(
    ('dense', 'ticket'), at={LEVEL: 9}
  ),
  'With 3.6 % they end where it does.': Difference(
    'ticket', 'dense', '>=', -0.2, at={LEVEL: 15}
  ),
  'With 21 % nets drawn anew end below it.': Ordering(
    ('reinit', 'dense'), at={LEVEL: 7}
  ),
  'With 11 % of the weights tickets end above random masks.': Ordering(
    ('random', 'ticket'), at={LEVEL: 10}
  ),
}
_LOW = {RATE: 0.01}
NETS = {
  'lenet_300_100': _Net(
    'LeNet-300-100 on MNIST',
    'lottery/lenet_300_100',
    Rounds(levels=18, scope='layer', layers=('Dense_2/kernel=0.1',)),
    _LENET,
    {'num_steps': 50_000, 'data.validation': 5000.0, 'eval.interval': 100},
  ),
  'conv_2': _conv(2, 0.1, 14, 'with 4.6 % of the weights (by 3.4 points'),
  'conv_4': _conv(4, 0.1, 11, 'with 11 % of the weights (by 3.5 points'),
  'conv_6': _conv(6, 0.15, 7, 'with 26 % of the weights (by 3.3 points'),
  'resnet_20_high': _deep(False, 'rate 0.1', {}),
  'resnet_20_low': _deep(False, 'rate 0.01', _LOW),
  'resnet_20_warm_up': _deep(
    False,
    'rate 0.03 after 20,000 steps of warm-up',
    {RATE: 0.03, 'optimizer.warmup_steps': 20_000},
  ),
  'vgg_19_high': _deep(True, 'rate 0.1', {}),
  'vgg_19_low': _deep(True, 'rate 0.01', _LOW),
  'vgg_19_warm_up': _deep(
    True,
    'rate 0.1 after 10,000 steps of warm-up',
    {'optimizer.warmup_steps': 10_000},
  ),
}


def get_config(name: str = 'lenet_300_100') -> Study:
  """Returns the study of a net."""
  choices.check(f'net is {name!r}', name, NETS)
  net = NETS[name]
  return lottery(
    net.config,
    net.overrides,
    rounds=net.rounds,
    arms=('reinit', 'random', 'one_shot', 'one_shot_reinit'),
    seeds=net.seeds,
    title=f'{net.title}: tickets, nets drawn anew, random masks',
    source=f'{FRANKLE_CARBIN}: accuracy by density',
    figures=(
      Along('active_weights', 'test_accuracy'),
      Curves(runs=('dense', 'ticket')),
    ),
    claims=with_texts(dict(net.claims)),
    paper=printed(f'frankle_carbin_{name}'),
    notes=(
      "Random masks have one density in all layers. The paper's numbers are"
      ' those of Frankle et al. 2019, Stabilizing the Lottery Ticket'
      ' Hypothesis, for tickets from step 0.'
    ),
  )
