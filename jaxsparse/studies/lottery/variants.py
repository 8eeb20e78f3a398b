"""Arms that are computed: from the dense net's config, or several together."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jaxsparse.config.run_config import RunConfig
from jaxsparse.studies.lottery.arms import ARMS, MAENE, REWOUND, Arm, Fields
from jaxsparse.studies.planning.pairing import LEVEL


def large_batch(config: RunConfig, rewind: int, factor: int = 8) -> Arm:
  """Returns the arm of a larger batch at the same rate and number of epochs.

  Maene et al. 2021, section 4.1: what makes training stable there.

  Args:
    config: of the dense net, with its length in steps.
    rewind: the step that tickets rewind to.
    factor: of the batch.
  """
  steps = max(config.num_steps // factor, 1)
  return Arm(
    f'batch of {factor * config.batch_size:,}',
    rewound_to(min(rewind // factor, steps - 1)),
    'own',
    {
      'batch_size': factor * config.batch_size,
      'num_steps': steps,
      'multiplier': 1.0,
      'optimizer.warmup_steps': config.optimizer.warmup_steps // factor,
    },
    MAENE,
  )


def warm_up(config: RunConfig, rewind: int) -> Arm:
  """Returns the arm whose rate rises over the first tenth of the run.

  Maene et al. 2021, section 4.2; arguments are those of `large_batch`.
  """
  del rewind
  steps = max(config.num_steps // 10, 1)
  recipe = {
    'num_steps': config.num_steps,
    'multiplier': 1.0,
    'optimizer.warmup_steps': steps,
  }
  return Arm(f'warm-up of {steps:,} steps', REWOUND, 'own', recipe, MAENE)


def children(number: int) -> dict[str, Arm]:
  """Returns arms of one chain, whose levels are cut from the mean of them all.

  They differ in the order of the data, in augmentation and dropout.
  """
  numbers = range(1, number + 1)
  streams = ('order', 'crop', 'augment', 'dropout')
  masks = ','.join(f'{{child_{i}<dense}}' for i in numbers)
  return {
    f'child_{i}': Arm(
      f'child {i} of {number}',
      REWOUND
      | {
        'init.masks': masks,
        'streams': tuple(f'{name}={i}' for name in streams),
      },
    )
    for i in numbers
  }


# Arms that follow from the config of the dense net.
FROM_CONFIG: dict[str, Callable[[RunConfig, int], Arm]] = {
  'large_batch': large_batch,
  'warm_up': warm_up,
}


def rewound_to(step: int) -> Fields:
  """Returns the fields of an arm that rewinds to a step of its own."""
  return REWOUND | {'init.checkpoint_step': step, 'init.start_step': step}


def under(
  name: str,
  label: str,
  recipe: Mapping[str, Any],
  controls: Sequence[str] = ('reinit',),
) -> dict[str, Arm]:
  """Returns a lottery of another recipe: its tickets, and arms beside them.

  Args:
    name: of the tickets; the others are `<name>_<control>`.
    label: of the recipe in reports, which ends in a control's own.
    recipe: changes to the config of all of them, and of their dense net.
    controls: names of `ARMS`.
  """
  arms = {name: Arm(label, REWOUND, 'own', recipe)}
  for control in controls:
    arm = ARMS[control]
    arms[f'{name}_{control}'] = arm._replace(
      label=f'{label}, {arm.label}', recipe=recipe, chain=name
    )
  return arms


def twin(
  chain: str, arm: Arm, levels: Sequence[int], streams: Sequence[str]
) -> Arm:
  """Returns an arm that differs from another in random streams alone.

  Args:
    chain: the name of the other.
    arm: the other, which rewinds.
    levels: of the rows; 0 for the dense net from where `arm` rewinds to.
    streams: names of `config.streams.STREAMS`, of which it has another draw.
  """
  return Arm(
    f'{arm.label}, other {" and ".join(streams)}',
    {**arm.fields, 'streams': tuple(f'{name}=1' for name in streams)},
    recipe=arm.recipe,
    chain=chain,
    grid={LEVEL: tuple(levels)},
  )


def pairs(
  steps: Sequence[int],
  levels: Sequence[int],
  streams: Sequence[str] = ('order', 'augment'),
) -> dict[str, Arm]:
  """Returns tickets rewound to each of some steps, and a twin of each.

  Frankle et al. 2020: training is stable from a step on if both end in one
  region. Level 0 is the dense net, trained again from that step. Those from
  step 0 are the arm `ticket`.

  Args:
    steps: to rewind to.
    levels: of the twins, ascending; 0 for the dense net.
    streams: as for `twin`.
  """
  arms = {}
  for step in steps:
    grid = {LEVEL: tuple(range(max(levels) + 1))}
    arm = Arm(f'from step {step:,}', rewound_to(step), 'own', grid=grid)
    chain = f'from_{step}' if step else 'ticket'
    arms[chain] = arm
    arms[f'twin_{step}'] = twin(chain, arm, levels, streams)
  return arms
