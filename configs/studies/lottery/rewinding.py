r"""Fine-tuning, weight rewinding and learning-rate rewinding, by density.

  python -m launch.study --config=studies/lottery/rewinding:resnet_20 \
    --workdir=DIR --override data.dir=FOLDER

Nets: resnet_20, resnet_56 and vgg_16 on CIFAR-10, resnet_50 on ImageNet.
`_papers.py` says what FOLDER is. Each is pruned level by level and in one cut,
all layers ranked together.

**Deviations**: the paper retrains for several lengths and chooses by
validation; here all of them retrain from one of its steps, 4,701 of 71,108, and
11,259 of 112,590 on ImageNet. Its numbers are medians of three trials, ours are
means.
"""

from jaxsparse.claims import Claim, Difference, Ordering, with_texts
from jaxsparse.core import choices
from jaxsparse.studies.lottery import Rounds, lottery
from jaxsparse.studies.spec import Study

from ._papers import LEVEL, RENDA, printed

# Net -> title, config, levels, and the step from which it retrains.
NETS = {
  'resnet_20': ('ResNet-20 on CIFAR-10', 'resnet_20:renda', 10, 4701),
  'resnet_56': ('ResNet-56 on CIFAR-10', 'resnet_56', 17, 4701),
  'vgg_16': ('VGG-16 on CIFAR-10', 'vgg_16:renda', 17, 4701),
  'resnet_50': ('ResNet-50 on ImageNet', 'resnet_50:renda', 10, 11_259),
}
_ARMS = (
  *('rate_rewind', 'finetune', 'low_rate', 'reinit'),
  *('one_shot', 'one_shot_rate_rewind', 'one_shot_finetune', 'one_shot_reinit'),
)
_AT = {LEVEL: 8}
_CLAIMS: dict[str, Claim] = {
  'With 17 % of the weights, rewinding ends above fine-tuning.': Ordering(
    ('finetune', 'ticket'), at=_AT
  ),
  'Rewinding the learning rate alone does as well.': Difference(
    'rate_rewind', 'ticket', '>=', -0.2, at=_AT
  ),
  'Pruned in one cut, all three end above nets drawn anew.': Ordering(
    ('one_shot_reinit', 'one_shot_finetune'), at=_AT
  ),
  'In one cut, too, rewinding ends above fine-tuning.': Ordering(
    ('one_shot_finetune', 'one_shot_rate_rewind'), at=_AT
  ),
}


def get_config(name: str = 'resnet_20') -> Study:
  """Returns the study of a net."""
  choices.check(f'net is {name!r}', name, NETS)
  title, config, levels, step = NETS[name]
  return lottery(
    f'lottery/{config}',
    rounds=Rounds(levels=levels, rewind=step),
    arms=_ARMS,
    title=f'{title}: rewinding and fine-tuning',
    source=f'{RENDA}: accuracy by density, from its released tables',
    claims=with_texts(dict(_CLAIMS)),
    paper=printed(f'renda_{name}'),
    notes=(
      'The paper has the best of several lengths of retraining, chosen by'
      f' validation, and medians; here all retrain from step {step:,}.'
    ),
  )
