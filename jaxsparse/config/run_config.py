"""The config of a run: frozen, typed, each field with its check and its help.

The sections `data`, `model`, `optimizer`, `updater` and `init` also have
`hyperparameters`: those of the function that `name` selects, read from its
signature, and in `data` those of all augmentations. In a config file and in
`config.json` they are fields of the section like all others.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from flax.core import FrozenDict

from jaxsparse.config import fields
from jaxsparse.config.fields import field
from jaxsparse.optim.regrown import REGROWN

Named = str | Callable[..., Any]
Hyperparameters = FrozenDict[str, Any]

# Above any practical value, below those that would stop a machine.
_MOST_WORKERS = 1000
_MOST_REPLICATES = 10_000
_MOST_EVALUATED_AT_ONCE = 2**20

# The fields of the section `init` that name a run to start from. 'run:NAME' is
# the run NAME beside this one's own workdir.
SOURCES = ('checkpoint', 'masks')
BESIDE = 'run:'
# The source of the active weights of each layer: `updater` and its
# distribution, or the masks that the run starts from.
COUNTS = ('updater', 'masks')

_NONE: Hyperparameters = FrozenDict()


@dataclasses.dataclass(frozen=True)
class DataConfig:
  """The data set, and how examples are preprocessed."""

  name: Named = field('digits', fields.ANY, 'the data set')
  dir: str = field('', fields.ANY, "its folder; '' for the default of TFDS")
  validation: float = field(
    0.0, fields.ANY, 'held out of the training split: a fraction or a number'
  )
  source: str = field(
    'auto',
    fields.one_of(('auto', 'resident', 'stream')),
    'read into memory, or streamed',
  )
  image_size: int = field(0, fields.COUNT, 'side of streamed images; 0: own')
  workers: int = field(
    4, fields.within(0, _MOST_WORKERS), 'processes that read streamed data'
  )
  sequence_length: int = field(0, fields.COUNT, 'characters an example of text')
  mean: tuple[float, ...] = field((), fields.NUMBERS, 'subtracted, by channel')
  std: tuple[float, ...] = field(
    (), fields.POSITIVE_NUMBERS, 'divisors after that, by channel'
  )
  standardize: bool = field(False, fields.ANY, 'whiten each image by itself')
  augment: tuple[Named, ...] = field(
    (), fields.ANY, 'augmentations of training images, in order'
  )
  hyperparameters: Hyperparameters = _NONE


@dataclasses.dataclass(frozen=True)
class ModelConfig:
  """The model."""

  name: Named = field('mlp', fields.ANY, 'of jaxsparse.models')
  hyperparameters: Hyperparameters = _NONE


@dataclasses.dataclass(frozen=True)
class OptimizerConfig:
  """The optimiser, and its learning rate by step."""

  name: Named = field('sgd', fields.ANY, 'of optax')
  learning_rate: float = field(0.1, fields.POSITIVE, 'its base value')
  weight_decay: float = field(0.0, fields.NOT_NEGATIVE, 'of kernels')
  schedule: Named = field(
    'cosine', fields.ANY, 'of jaxsparse.optim.learning_rate_schedules'
  )
  warmup_steps: int = field(0, fields.COUNT, 'of a linear warm-up')
  clip_norm: float = field(
    0.0,
    fields.Accepted('>= 0; 0 for none', fields.NOT_NEGATIVE.test),
    'largest norm of the gradient',
  )
  boundaries: tuple[float, ...] = field(
    (), fields.ANY, 'fractions of the run at which `scales` begin'
  )
  scales: tuple[float, ...] = field(
    (), fields.ANY, 'multiples of the rate, of the schedule `piecewise`'
  )
  no_decay: tuple[str, ...] = field(
    (), fields.PATTERNS, 'kernels without weight decay'
  )
  regrown: str = field(
    'zero', fields.one_of(REGROWN), 'moments of weights that grow again'
  )
  hyperparameters: Hyperparameters = _NONE


@dataclasses.dataclass(frozen=True)
class UpdaterConfig:
  """The method that changes masks, its sparsity and its mask steps."""

  name: Named = field('rigl', fields.ANY, 'of jaxsparse.updaters')
  sparsity: float = field(0.9, fields.ANY, 'fraction of zeros at the end')
  distribution: Named = field(
    'erk', fields.ANY, 'of jaxsparse.core.distributions'
  )
  dense_first: bool = field(False, fields.ANY, 'keep the first layer dense')
  layers: tuple[str, ...] = field((), fields.ANY, "'PATTERN=SPARSITY'")
  layers_in_budget: bool = field(
    False, fields.ANY, 'count `layers` towards `sparsity`'
  )
  update_interval: int = field(
    100, fields.POSITIVE_INT, 'steps from one mask step to the next'
  )
  start_step: int = field(None, fields.UNSET_OR_INT, 'first mask step')
  stop_step: int = field(None, fields.UNSET_OR_INT, 'end of mask steps')
  start_fraction: float = field(
    0.0, fields.FRACTION, '`start_step`, of the run', stored=False
  )
  stop_fraction: float = field(
    0.75, fields.FRACTION, '`stop_step`, of the run', stored=False
  )
  remember_masks: bool = field(
    False, fields.ANY, 'record which weights were ever active'
  )
  hyperparameters: Hyperparameters = _NONE


@dataclasses.dataclass(frozen=True)
class InitConfig:
  """The initial weights and masks."""

  name: Named = field('dense', fields.ANY, 'of jaxsparse.core.initialisation')
  checkpoint: str = field('', fields.ANY, 'run whose weights to start from')
  checkpoint_step: int | None = field(
    None, fields.UNSET_OR_COUNT, 'its step; unset: the last'
  )
  masks: str = field('', fields.ANY, 'run whose masks to start from')
  masks_step: int | None = field(
    None, fields.UNSET_OR_COUNT, 'its step; unset: the last'
  )
  shuffle_masks: bool = field(
    False, fields.ANY, 'place the active weights of each layer at random'
  )
  counts: str = field(
    'updater', fields.one_of(COUNTS), 'source of the counts of each layer'
  )
  hyperparameters: Hyperparameters = _NONE


@dataclasses.dataclass(frozen=True)
class CheckpointConfig:
  """When checkpoints are saved, and which remain."""

  interval: int = field(1000, fields.POSITIVE_INT, 'steps between two')
  keep: int = field(2, fields.POSITIVE_INT, 'number of newest ones that remain')
  keep_steps: tuple[int, ...] = field(
    (), fields.COUNTS, 'steps whose checkpoints remain as well'
  )


@dataclasses.dataclass(frozen=True)
class EvalConfig:
  """Evaluations during training."""

  interval: int = field(500, fields.POSITIVE_INT, 'steps between two')
  split: str = field(
    'auto',
    fields.Accepted(
      'auto, validation or test', lambda v: v in ('auto', 'validation', 'test')
    ),
    'auto is validation where there is one',
  )
  batch_size: int = field(
    1000, fields.within(1, _MOST_EVALUATED_AT_ONCE), 'examples at once'
  )


@dataclasses.dataclass(frozen=True)
class GradientFlowConfig:
  """Probes of the gradient on fixed examples."""

  interval: int = field(1000, fields.COUNT, 'steps between two; 0 for none')
  probe_size: int = field(1000, fields.POSITIVE_INT, 'number of examples')
  at_updates: bool = field(False, fields.ANY, 'probe around mask steps too')


@dataclasses.dataclass(frozen=True)
class RunConfig:
  """The config of a run; hashable.

  `num_steps`, `updater.start_step` and `updater.stop_step` may be `None` until
  `lengths.in_steps` sets them.
  """

  seed: int = field(0, fields.ANY, 'of all random numbers of the run')
  replicates: int = field(
    1, fields.within(1, _MOST_REPLICATES), 'number of seeds, from `seed` on'
  )
  batch_size: int = field(128, fields.POSITIVE_INT, 'examples of a step')
  num_steps: int = field(
    None, fields.unset_or('an int', int), 'length of the run'
  )
  num_epochs: float | None = field(
    None,
    fields.unset_or('a number', int, float),
    'length of the run in passes over the data, in place of `num_steps`',
    stored=False,
  )
  multiplier: float = field(
    1.0, fields.POSITIVE, 'factor of all lengths but intervals', stored=False
  )
  task: Named = field('classification', fields.ANY, 'of jaxsparse.tasks')
  metrics: tuple[Named, ...] = field(
    (), fields.METRICS, "of jaxsparse.metrics; () for the task's usual ones"
  )
  label_smoothing: float = field(0.0, fields.BELOW_ONE, 'of the loss')
  log_interval: int = field(100, fields.POSITIVE_INT, 'steps a logged record')
  data: DataConfig = DataConfig()
  model: ModelConfig = ModelConfig()
  optimizer: OptimizerConfig = OptimizerConfig()
  updater: UpdaterConfig = UpdaterConfig()
  init: InitConfig = InitConfig()
  checkpoint: CheckpointConfig = CheckpointConfig()
  eval: EvalConfig = EvalConfig()
  gradient_flow: GradientFlowConfig = GradientFlowConfig()


def _accepted(section: Any, prefix: str = '') -> dict[str, fields.Accepted]:
  out: dict[str, fields.Accepted] = {}
  for one in dataclasses.fields(section):
    if dataclasses.is_dataclass(one.default):
      out |= _accepted(one.default, f'{one.name}.')
    elif one.name != 'hyperparameters':
      out[prefix + one.name] = one.metadata['accepted']
  return out


# Dotted field -> what it accepts.
ACCEPTED = _accepted(RunConfig()) | fields.OF_OPTIMIZERS
