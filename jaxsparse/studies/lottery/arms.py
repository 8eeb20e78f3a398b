"""The arms of a lottery: what each changes at a level.

An arm is data. It starts from the masks of a chain of levels, the tickets' or
its own, cut to the counts of its level, and from weights. Values in braces are
those of `studies.planning.pairing`: '{ticket<dense}' is the ticket of the level
before, and before the first the dense net. `own` stands for the arm itself, and
`first` for the dense net that its chain starts from. An arm with a `chain` has
the recipe of another arm: `ticket` and `dense` are then those of that one.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

Fields = dict[str, Any]

# The steps that tickets rewind to, and that weights which stay train on from.
REWIND, RETRAIN = 'REWIND', 'RETRAIN'
# The learning rate of fine-tuning.
FINETUNE_RATE = 'FINETUNE_RATE'


class Arm(NamedTuple):
  """An arm of a lottery.

  Attributes:
    label: its name in reports.
    fields: changes to the config of a level, besides its masks; `REWIND` and
      `RETRAIN` stand for steps, `FINETUNE_RATE` for a learning rate.
    masks: where they come from: 'ticket', the arm itself ('own'), the dense net
      in one cut ('dense').
    recipe: changes to the config of its levels and of a dense net of its own,
      from which its chain starts.
    source: what it is after.
    chain: the arm whose tickets and dense net it is compared with, and whose
      recipe it has; '' for the arm `ticket`.
    grid: fields and values of its rows, in place of a row for each level.
  """

  label: str
  fields: Mapping[str, Any] = {}
  masks: str = 'ticket'
  recipe: Mapping[str, Any] = {}
  source: str = ''
  chain: str = ''
  grid: Mapping[str, tuple[Any, ...]] = {}


# Weights, statistics, schedule and data go back to those of a step.
REWOUND: Fields = {
  'init.checkpoint': '{first}',
  'init.checkpoint_step': REWIND,
  'init.start_step': REWIND,
  'init.with_statistics': True,
}
# Drawn anew, as the dense net's are for another seed.
DRAWN: Fields = {'streams': ('init=1',), 'init.start_step': REWIND}


def _kept(step: Any, run: str = '{own<first}') -> Fields:
  """Returns the fields of an arm that trains the last weights of a run on."""
  return {
    'init.checkpoint': run,
    'init.with_statistics': True,
    'init.start_step': step,
  }


# One rate for all of retraining.
_AT_ONE_RATE: Fields = {
  'optimizer.schedule': 'constant',
  'optimizer.boundaries': (),
  'optimizer.scales': (),
  'optimizer.schedule_arguments': (),
  'optimizer.warmup_steps': 0,
  'optimizer.learning_rate': FINETUNE_RATE,
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
MAENE = 'Maene et al. 2021'

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
    'fine-tuned', _kept(RETRAIN) | _AT_ONE_RATE, 'own', source=_RENDA
  ),
  'low_rate': Arm(
    'rewound, last learning rate', REWOUND | _AT_ONE_RATE, 'own', source=_RENDA
  ),
  'one_shot_rate_rewind': Arm(
    'one-shot, learning-rate rewinding',
    _kept(RETRAIN, '{first}'),
    'dense',
    source=_RENDA,
  ),
  'one_shot_finetune': Arm(
    'one-shot, fine-tuned',
    _kept(RETRAIN, '{first}') | _AT_ONE_RATE,
    'dense',
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
    source=MAENE,
  ),
  'repel_last': Arm(
    'repelled by the last level',
    REWOUND | _anchored('{own<first}', 2.0),
    'own',
    source=MAENE,
  ),
  'repel_reinit': Arm(
    'drawn anew, repelled',
    DRAWN | _anchored('{ticket<<dense}', 2.0),
    source=MAENE,
  ),
  'attract': Arm(
    'attracted by all levels',
    REWOUND | _anchored('{own<<first}', -1.0),
    'own',
    source=MAENE,
  ),
  'attract_reinit': Arm(
    'drawn anew, attracted',
    DRAWN | _anchored('{ticket<<dense}', -1.0),
    source=MAENE,
  ),
  'l2_start': Arm(
    'drawn to the start', REWOUND | _anchored('start', 1e-3, 'l2'), 'own'
  ),
  'no_decay': Arm(
    'no weight decay',
    REWOUND,
    'own',
    {'optimizer.weight_decay': 0.0},
    source=MAENE,
  ),
}


def level_fields(name: str, arm: Arm, values: Mapping[Any, Any]) -> Fields:
  """Returns the changes of an arm to the config of any of its levels.

  Args:
    name: of the arm's run.
    arm: the arm.
    values: of `REWIND`, `RETRAIN` and `FINETUNE_RATE`.
  """
  first = first_of(name, arm)
  chain = {'ticket': arm.chain, 'dense': first} if arm.chain else {}
  runs = {'own': name, 'first': first, **chain}
  masks = {'ticket': '{ticket<dense}', 'own': '{own<first}', 'dense': '{first}'}

  def filled(value: Any) -> Any:
    if isinstance(value, str) and value.startswith('{'):
      return re.sub(r'\w+', lambda name: runs.get(name[0], name[0]), value)
    return values.get(value, value) if isinstance(value, str) else value

  fields = {**arm.recipe, 'init.masks': masks[arm.masks], **arm.fields}
  return {field: filled(value) for field, value in fields.items()}


def first_of(name: str, arm: Arm) -> str:
  """Returns the run that an arm's first level is cut from."""
  return f'{arm.chain or name}_dense' if arm.recipe else 'dense'
