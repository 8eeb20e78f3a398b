r"""Tickets from the start by batch, with warm-up and without weight decay.

  python -m launch.study --config=studies/lottery/batch_sizes:resnet_20 \
    --workdir=DIR --override data.dir=FOLDER

Nets: conv_4, resnet_20, and resnet_20_affine, whose BatchNorm has a scale and a
shift: the paper can be read either way. `_papers.py` says what FOLDER is. Rates
and numbers of epochs are the same for all batches. Conv-4 is the paper's
unstable one: weight decay 0.01, a tenth of the rate from epochs 55 and 65 on.

Instability is that of tickets and twins with another order and augmentation of
the data, after 5, 10 and 15 levels. The paper's accuracies are figures alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jaxsparse.claims import Bound, Claim, Difference, Ordering, with_texts
from jaxsparse.core import choices
from jaxsparse.studies.lottery import ARMS, Arm, Rounds, lottery, twin, under
from jaxsparse.studies.spec import Along, Analysis, Study

from ._papers import LEVEL, MAENE


class _Net(NamedTuple):
  """A net of the study.

  Attributes:
    title: 'Conv-4 on CIFAR-10'.
    config: of its dense net.
    overrides: config fields of every run.
    batches: the first, of the arm `ticket`, and others.
    stable: the batch whose tickets are compared with those of the first.
    crossed: batches that a warm-up and no weight decay are tried with.
  """

  title: str
  config: str
  overrides: Mapping[str, Any]
  batches: tuple[int, ...]
  stable: int
  crossed: tuple[int, ...] = ()


_UNSTABLE = {
  'batch_size': 16,
  'optimizer.weight_decay': 0.01,
  'optimizer.schedule': 'piecewise',
  'optimizer.boundaries': (55 / 75, 65 / 75),
  'optimizer.scales': (0.1, 0.01),
}
_RESNET = _Net(
  'ResNet-20 on CIFAR-10',
  'lottery/resnet_20:maene',
  {},
  (128, 512, 1024, 2048),
  1024,
  (128, 512, 1024),
)
NETS = {
  'conv_4': _Net(
    'Conv-4 on CIFAR-10',
    'lottery/conv_net:maene',
    _UNSTABLE,
    (16, 32, 64, 128),
    128,
  ),
  'resnet_20': _RESNET,
  'resnet_20_affine': _RESNET._replace(
    title='ResNet-20 (affine BatchNorm) on CIFAR-10',
    overrides={'model.affine': True},
  ),
}
_ROUNDS = (5, 10, 15)
_STREAMS = ('order', 'augment')


def get_config(name: str = 'resnet_20') -> Study:
  """Returns the study of a net."""
  choices.check(f'net is {name!r}', name, NETS)
  net = NETS[name]
  arms = _arms(net)
  tickets = ('ticket', *(f'batch_{batch}' for batch in net.batches[1:]))
  return lottery(
    net.config,
    net.overrides,
    rounds=Rounds(levels=25),
    arms=('reinit', *arms),
    more=arms,
    title=f'{net.title}: tickets by batch',
    source=f'{MAENE}, figures 1, 2 and 8, section 4.2',
    metrics=('test_accuracy', 'test_instability'),
    figures=(Along('active_weights', 'test_accuracy'),),
    analyses=tuple(one for chain in tickets for one in _analyses(chain)),
    claims=with_texts(_claims(net)),
    notes=f'"Ticket" and "drawn anew" are of batches of {net.batches[0]}.',
  )


def _arms(net: _Net) -> dict[str, Arm]:
  """Returns the arms besides those of the first batch."""
  arms = {'twin': twin('ticket', ARMS['ticket'], _ROUNDS, _STREAMS)}
  for batch in net.batches[1:]:
    name = f'batch_{batch}'
    arms |= under(name, f'batch of {batch:,}', {'batch_size': batch})
    arms[f'{name}_twin'] = twin(name, arms[name], _ROUNDS, _STREAMS)
  for batch in net.crossed:
    # Ten epochs of 50,000 images.
    warm_up = {'optimizer.warmup_steps': 500_000 // batch}
    for end, label, fields in (
      ('warm_up', 'warm-up', warm_up),
      ('no_decay', 'no weight decay', {'optimizer.weight_decay': 0.0}),
    ):
      recipe = {'batch_size': batch, **fields}
      label = f'batch of {batch:,}, {label}'
      arms |= under(f'batch_{batch}_{end}', label, recipe, ())
  return arms


def _analyses(chain: str) -> Sequence[Analysis]:
  """Returns the analyses of the tickets of a batch."""
  first, other = (
    ('dense', 'twin')
    if chain == 'ticket'
    else (f'{chain}_dense', f'{chain}_twin')
  )
  of = (f'{first}@0', f'{chain}*')
  return (
    Analysis(f'instability_{chain}', (other, chain), 'instability'),
    Analysis(f'angles_{chain}', (first, f'{chain}*'), 'levels'),
    Analysis(f'barriers_{chain}', of, 'level_barriers'),
    Analysis(f'thresholds_{chain}', of, 'pruning_threshold'),
    Analysis(f'weights_{chain}', of, 'weight_histogram'),
  )


def _claims(net: _Net) -> dict[str, Claim]:
  """Returns what the paper's figures say, of 11 % of the weights."""
  at, batch = {LEVEL: 10}, net.stable
  stable, first = f'batch_{batch}', net.batches[0]
  claims: dict[str, Claim] = {
    f'Batches of {batch:,}: tickets end above nets drawn anew.': Ordering(
      (f'{stable}_reinit', stable), at=at
    ),
    f'Batches of {first}: they do not.': Difference(
      'ticket', 'reinit', '<=', 0.5, at=at
    ),
    f'Training with {batch:,} is stable.': Bound(
      f'{stable}_twin', '<=', 2.0, metric='test_instability', at=at
    ),
    f'Training with {first} is not.': Bound(
      'twin', '>=', 2.0, metric='test_instability', at=at
    ),
  }
  if net.crossed:
    claims |= {
      'A warm-up helps with batches of 512.': Ordering(
        ('batch_512', 'batch_512_warm_up'), at=at
      ),
      'It does not with 1,024.': Difference(
        'batch_1024_warm_up', 'batch_1024', '<=', 0.5, at=at
      ),
      'Without weight decay tickets of 512 last longer.': Ordering(
        ('batch_512', 'batch_512_no_decay'), at={LEVEL: 15}
      ),
    }
  return claims
