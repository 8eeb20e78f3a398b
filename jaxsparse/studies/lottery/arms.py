"""The arms of a lottery: what each changes at a level.

An arm is data. It starts from the masks of a chain of levels, the tickets' or
its own, cut to the counts of its level, and from weights. Values in braces are
those of `studies.planning.pairing`: '{ticket<dense}' is the ticket of the level
before, and before the first the dense net. `own` stands for the arm itself, and
`first` for the dense net that its chain starts from.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jaxsparse.config.run_config import RunConfig

Fields = dict[str, Any]

# The steps that tickets rewind to, and that weights which stay train on from.
REWIND, RETRAIN = 'REWIND', 'RETRAIN'


class Arm(NamedTuple):
  """An arm of a lottery.

  Attributes:
    label: its name in reports.
    fields: changes to the config of a level, besides its masks; `REWIND` and
      `RETRAIN` stand for steps.
    masks: where they come from: 'ticket', the arm itself ('own'), the dense net
      in one cut ('dense').
    recipe: changes to the config of its levels and of a dense net of its own,
      from which its chain starts.
    source: what it is after.
  """

  label: str
  fields: Mapping[str, Any] = {}
  masks: str = 'ticket'
  recipe: Mapping[str, Any] = {}
  source: str = ''


# Weights, statistics, schedule and data go back to those of a step.
REWOUND: Fields = {
  'init.checkpoint': '{first}',
  'init.checkpoint_step': REWIND,
  'init.start_step': REWIND,
  'init.with_statistics': True,
}
# Drawn anew, as the dense net's are for another seed.
DRAWN: Fields = {'streams': ('init=1',), 'init.start_step': REWIND}


def _kept(step: Any) -> Fields:
  """Returns the fields of an arm that trains its own last weights on."""
  return {
    'init.checkpoint': '{own<first}',
    'init.with_statistics': True,
    'init.start_step': step,
  }


def _shuffled(scope: str) -> Fields:
  return REWOUND | {'init.shuffle_masks': True, 'init.shuffle_scope': scope}


def _anchored(runs: str, weight: float, distance: str = 'cosine') -> Fields:
  return {
    'anchors.runs': runs,
    'anchors.weight': weight,
    'anchors.distance': distance,
  }


_LTH = 'Frankle and Carbin 2019'
_LMC = 'Frankle et al. 2020, "Linear Mode Connectivity"'
_RENDA = 'Renda et al. 2020'
_MAENE = 'Maene et al. 2021'

ARMS: dict[str, Arm] = {
  'ticket': Arm('ticket', REWOUND, source=_LTH),
  'reinit': Arm('drawn anew', DRAWN, source=_LTH),
  'shuffle': Arm('shuffled by layer', _shuffled('layer'), source=_LMC),
  'shuffle_global': Arm('shuffled', _shuffled('global'), source=_LMC),
  'random': Arm('random masks', _shuffled('even'), source=_LTH),
  'one_shot': Arm('one-shot', REWOUND, 'dense', source=_LTH),
  'one_shot_reinit': Arm('one-shot, drawn anew', DRAWN, 'dense', source=_RENDA),
  'rate_rewind': Arm(
    'learning-rate rewinding', _kept(RETRAIN), 'own', source=_RENDA
  ),
  'finetune': Arm(
    'fine-tuned',
    _kept(RETRAIN) | {'optimizer.schedule': 'constant'},
    'own',
    source=_RENDA,
  ),
  'restart': Arm(
    'pruned, trained again', _kept(0), 'own', source='Ma et al. 2021'
  ),
  'signs': Arm(
    'signs alone',
    DRAWN | {'init.signs': '{first}', 'init.signs_step': REWIND},
    source='Zhou et al. 2019',
  ),
  'repel': Arm(
    'repelled by all levels',
    REWOUND | _anchored('{own<<first}', 2.0),
    'own',
    source=_MAENE,
  ),
  'repel_last': Arm(
    'repelled by the last level',
    REWOUND | _anchored('{own<first}', 2.0),
    'own',
    source=_MAENE,
  ),
  'repel_reinit': Arm(
    'drawn anew, repelled',
    DRAWN | _anchored('{ticket<<dense}', 2.0),
    source=_MAENE,
  ),
  'attract': Arm(
    'attracted by all levels',
    REWOUND | _anchored('{own<<first}', -1.0),
    'own',
    source=_MAENE,
  ),
  'attract_reinit': Arm(
    'drawn anew, attracted',
    DRAWN | _anchored('{ticket<<dense}', -1.0),
    source=_MAENE,
  ),
  'l2_start': Arm(
    'drawn to the start', REWOUND | _anchored('start', 1e-3, 'l2'), 'own'
  ),
  'no_decay': Arm(
    'no weight decay',
    REWOUND,
    'own',
    {'optimizer.weight_decay': 0.0},
    source=_MAENE,
  ),
}


def large_batch(config: RunConfig, rewind: int, factor: int = 8) -> Arm:
  """Returns the arm of a larger batch at the same rate and number of epochs.

  Maene et al. 2021, section 4.1: what makes training stable there.

  Args:
    config: of the dense net, with its length in steps.
    rewind: the step that tickets rewind to.
    factor: of the batch.
  """
  step = rewind // factor
  return Arm(
    f'batch of {factor * config.batch_size:,}',
    REWOUND | {'init.checkpoint_step': step, 'init.start_step': step},
    'own',
    {
      'batch_size': factor * config.batch_size,
      'num_steps': max(config.num_steps // factor, 1),
    },
    _MAENE,
  )


def warm_up(config: RunConfig, rewind: int) -> Arm:
  """Returns the arm whose rate rises over the first tenth of the run.

  Maene et al. 2021, section 4.2; arguments are those of `large_batch`.
  """
  del rewind
  steps = max(config.num_steps // 10, 1)
  recipe = {'optimizer.warmup_steps': steps}
  return Arm(f'warm-up of {steps:,} steps', REWOUND, 'own', recipe, _MAENE)


def children(number: int) -> dict[str, Arm]:
  """Returns arms of one chain, whose levels are cut from the mean of them all.

  They differ in the order of the data, in augmentation and dropout.
  """
  numbers = range(1, number + 1)
  masks = ','.join(f'{{child_{i}<dense}}' for i in numbers)
  return {
    f'child_{i}': Arm(
      f'child {i} of {number}',
      REWOUND
      | {
        'init.masks': masks,
        'streams': tuple(f'{name}={i}' for name in ('order', 'augment')),
      },
    )
    for i in numbers
  }


# Arms that follow from the config of the dense net.
FROM_CONFIG: dict[str, Callable[[RunConfig, int], Arm]] = {
  'large_batch': large_batch,
  'warm_up': warm_up,
}


def level_fields(name: str, arm: Arm, steps: Mapping[Any, int]) -> Fields:
  """Returns the changes of an arm to the config of any of its levels.

  Args:
    name: of the arm's run.
    arm: the arm.
    steps: the values of `REWIND` and `RETRAIN`.
  """
  first = first_of(name, arm)
  masks = {'ticket': '{ticket<dense}', 'own': '{own<first}', 'dense': '{first}'}

  def filled(value: Any) -> Any:
    if isinstance(value, str) and value.startswith('{'):
      return value.replace('own', name).replace('first', first)
    return steps.get(value, value) if isinstance(value, str) else value

  fields = {**arm.recipe, 'init.masks': masks[arm.masks], **arm.fields}
  return {field: filled(value) for field, value in fields.items()}


def first_of(name: str, arm: Arm) -> str:
  """Returns the run that an arm's first level is cut from."""
  return f'{name}_dense' if arm.recipe else 'dense'
