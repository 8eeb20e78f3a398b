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

from jaxsparse.config import fields, streams
from jaxsparse.config.fields import Accepted, field, one_of

Named = str | Callable[..., Any]
Hyperparameters = FrozenDict[str, Any]

# Above any practical value, below those that would stop a machine.
_MOST_WORKERS = 1000
_MOST_EVALUATED_AT_ONCE = 2**20

# The fields of the section `init` that name a run to start from. 'run:NAME' is
# the run NAME beside this one's own workdir.
SOURCES = ('checkpoint', 'masks', 'signs', 'align_from', 'align_to')
# Several runs of this kind, with commas between, are the mean of their weights.
BESIDE = 'run:'
# The weights that are pruned together, and that trade places.
SCOPES = ('global', 'layer')
SHUFFLES = ('layer', 'global', 'even')
# How masks are permuted for other weights; unset: not at all.
TRANSPLANTS = ('', 'aligned', 'naive', 'random')
# The source of the active weights of each layer: `updater` and its
# distribution, or the masks that the run starts from.
COUNTS = ('updater', 'masks')
# The weights that are scored at initialisation: those that will be trained,
# others drawn alike, or those with dense layers drawn anew (Glorot normal).
SCORED = ('same', 'fresh', 'glorot_dense')
# What can be wrong with the examples that they are scored on.
CORRUPTIONS = ('labels', 'pixels')

_NONE: Hyperparameters = FrozenDict()


@dataclasses.dataclass(frozen=True)
class DataConfig:
  """The data set, and how examples are preprocessed."""

  name: Named = field(
    'digits', 'of TFDS, or your own: a function, an .npz file, a folder'
  )
  dir: str = field('', "its folder; '' for the default of TFDS")
  validation: float = field(
    0.0, 'held out of the training split: a fraction or a number'
  )
  source: str = field(
    'auto',
    'read into memory, or streamed',
    one_of(('auto', 'resident', 'stream')),
  )
  image_size: int = field(0, 'side of streamed images; 0: own', fields.COUNT)
  workers: int = field(
    4, 'processes that read streamed data', fields.within(0, _MOST_WORKERS)
  )
  sequence_length: int = field(0, 'characters an example of text', fields.COUNT)
  mean: tuple[float, ...] = field((), 'subtracted, by channel', fields.NUMBERS)
  std: tuple[float, ...] = field(
    (), 'divisors after that, by channel', fields.POSITIVE_NUMBERS
  )
  standardize: bool = field(False, 'whiten each image by itself')
  augment: tuple[Named, ...] = field(
    (), 'augmentations of training images, in order'
  )
  hyperparameters: Hyperparameters = _NONE


@dataclasses.dataclass(frozen=True)
class ModelConfig:
  """The model."""

  name: Named = field('mlp', 'of jaxsparse.models')
  hyperparameters: Hyperparameters = _NONE


@dataclasses.dataclass(frozen=True)
class OptimizerConfig:
  """The optimiser, and its learning rate by step."""

  name: Named = field('sgd', 'of optax')
  learning_rate: float = field(0.1, 'its base value', fields.POSITIVE)
  weight_decay: float = field(0.0, 'of kernels', fields.NOT_NEGATIVE)
  schedule: Named = field(
    'cosine', 'of jaxsparse.optim.learning_rate_schedules, or of optax'
  )
  schedule_arguments: tuple[str, ...] = field((), "of `schedule`: 'NAME=VALUE'")
  warmup_steps: int = field(0, 'of a linear warm-up', fields.COUNT)
  clip_norm: float = field(
    0.0,
    'largest norm of the gradient',
    Accepted('>= 0; 0 for none', fields.NOT_NEGATIVE.test),
  )
  boundaries: tuple[float, ...] = field(
    (), 'fractions of the run at which `scales` begin'
  )
  scales: tuple[float, ...] = field(
    (), 'multiples of the rate, of the schedule `piecewise`'
  )
  no_decay: tuple[str, ...] = field(
    (), 'kernels without weight decay', fields.PATTERNS
  )
  regrown: str = field(
    'zero',
    'moments of weights that grow again',
    one_of(('age', 'seed', 'layer', 'zero')),  # Those of `optim.regrown`.
  )
  hyperparameters: Hyperparameters = _NONE


@dataclasses.dataclass(frozen=True)
class UpdaterConfig:
  """The method that changes masks, its sparsity and its mask steps."""

  name: Named = field('rigl', 'of jaxsparse.updaters')
  sparsity: float = field(0.9, 'fraction of zeros at the end')
  distribution: Named = field('erk', 'of jaxsparse.core.distributions')
  distribution_arguments: tuple[str, ...] = field(
    (), "of `distribution`: 'NAME=VALUE'"
  )
  dense_first: bool = field(False, 'keep the first layer dense')
  layers: tuple[str, ...] = field((), "'PATTERN=SPARSITY'")
  layers_in_budget: bool = field(False, 'count `layers` towards `sparsity`')
  update_interval: int = field(
    100, 'steps from one mask step to the next', fields.POSITIVE_INT
  )
  start_step: int = field(None, 'first mask step', fields.UNSET_OR_INT)
  stop_step: int = field(None, 'end of mask steps', fields.UNSET_OR_INT)
  start_fraction: float = field(
    0.0, '`start_step`, of the run', fields.FRACTION, stored=False
  )
  stop_fraction: float = field(
    0.75, '`stop_step`, of the run', fields.FRACTION, stored=False
  )
  remember_masks: bool = field(False, 'record which weights were ever active')
  hyperparameters: Hyperparameters = _NONE


@dataclasses.dataclass(frozen=True)
class InitConfig:
  """The initial weights and masks."""

  name: Named = field('dense', 'of jaxsparse.core.initialisation')
  checkpoint: str = field('', 'run whose weights to start from')
  checkpoint_step: int | None = field(
    None, 'its step; unset: the last', fields.UNSET_OR_COUNT
  )
  masks: str = field('', 'run whose masks to start from')
  masks_step: int | None = field(
    None, 'its step; unset: the last', fields.UNSET_OR_COUNT
  )
  signs: str = field('', 'run whose signs the weights get')
  signs_step: int | None = field(
    None, 'its step; unset: the last', fields.UNSET_OR_COUNT
  )
  shuffle_masks: bool = field(False, 'place the active weights at random')
  shuffle_scope: str = field(
    'layer',
    'where: within each layer, among all, among all at one density',
    one_of(SHUFFLES),
  )
  transplant: str = field(
    '', 'how units of `masks` are permuted; unset: not', one_of(TRANSPLANTS)
  )
  align_from: str = field('', 'dense run whose units `masks` go by')
  align_from_step: int | None = field(
    None, 'its step; unset: the last', fields.UNSET_OR_COUNT
  )
  align_to: str = field('', 'dense run whose units they are to go by')
  align_to_step: int | None = field(
    None, 'its step; unset: the last', fields.UNSET_OR_COUNT
  )
  counts: str = field(
    'updater', 'source of the counts of each layer', one_of(COUNTS)
  )
  start_step: int = field(
    0, 'first step of the run, in its schedule and its data', fields.COUNT
  )
  with_statistics: bool = field(
    False, "start with `checkpoint`'s statistics (BatchNorm)"
  )
  with_optimizer: bool = field(
    False, "start with `checkpoint`'s state of the optimiser"
  )
  hyperparameters: Hyperparameters = _NONE


@dataclasses.dataclass(frozen=True)
class PruningConfig:
  """A round of iterative pruning: the masks of `init.masks`, cut further."""

  level: int = field(
    0, 'rounds after which the masks have their counts; 0: no cut', fields.COUNT
  )
  rate: float = field(
    0.2, 'fraction of what is left that a round prunes', fields.BELOW_ONE
  )
  scope: str = field(
    'global', 'weights that are ranked together', one_of(SCOPES)
  )
  layers: tuple[str, ...] = field(
    (), "rates of their own: 'PATTERN=RATE'", fields.PATTERNS
  )
  criterion: Named = field('magnitude', 'of jaxsparse.core.criteria')


@dataclasses.dataclass(frozen=True)
class AnchorsConfig:
  """A penalty on the distance to weights of other runs, or to the start."""

  runs: str = field(
    '',
    "runs, with commas; 'start': the weights that the run itself begins with",
  )
  weight: float = field(0.0, 'of the penalty; cosine: > 0 repels, < 0 attracts')
  distance: str = field(
    'cosine',
    'squared cosine, mean over `runs`; or half the squared distance',
    one_of(('cosine', 'l2')),
  )


@dataclasses.dataclass(frozen=True)
class ScoringConfig:
  """The examples and the weights of methods that score at initialisation."""

  batches: int = field(1, 'number of batches', fields.POSITIVE_INT)
  batch_size: int = field(0, "examples of one; 0: the run's", fields.COUNT)
  per_class: int = field(
    0, 'examples of each class in a batch; 0: at random', fields.COUNT
  )
  by_class: bool = field(False, 'sort the examples of a batch by class')
  parts: int = field(
    1, 'parts of each batch, scored one by one', fields.POSITIVE_INT
  )
  corrupt: tuple[str, ...] = field(
    (),
    'controls: random labels, permuted pixels',
    Accepted('labels, pixels or both', lambda v: set(v) <= set(CORRUPTIONS)),
  )
  init: str = field(
    'same',
    "weights to score: the run's own, a fresh draw, dense layers redrawn",
    one_of(SCORED),
  )


@dataclasses.dataclass(frozen=True)
class ComputeConfig:
  """How a train or mask step computes its gradient."""

  dtype: str = field(
    'float32',
    'of forward and backward passes; weights and scores stay float32',
    one_of(('float32', 'bfloat16')),
  )
  accumulation: int = field(
    1, 'micro-batches that a batch is divided into', fields.POSITIVE_INT
  )
  rematerialise: bool = field(
    False, 'compute activations again in the backward pass, to save memory'
  )


@dataclasses.dataclass(frozen=True)
class CheckpointConfig:
  """When checkpoints are saved, and which remain."""

  interval: int = field(1000, 'steps between two', fields.POSITIVE_INT)
  keep: int = field(2, 'number of newest ones that remain', fields.POSITIVE_INT)
  keep_steps: tuple[int, ...] = field(
    (), 'steps whose checkpoints remain as well', fields.COUNTS
  )


@dataclasses.dataclass(frozen=True)
class EvalConfig:
  """Evaluations during training."""

  interval: int = field(500, 'steps between two', fields.POSITIVE_INT)
  split: str = field(
    'auto',
    'auto is validation where there is one',
    Accepted(
      'auto, validation or test', lambda v: v in ('auto', 'validation', 'test')
    ),
  )
  batch_size: int = field(
    1000, 'examples at once', fields.within(1, _MOST_EVALUATED_AT_ONCE)
  )


@dataclasses.dataclass(frozen=True)
class GradientFlowConfig:
  """Probes of the gradient on fixed examples."""

  interval: int = field(1000, 'steps between two; 0 for none', fields.COUNT)
  probe_size: int = field(1000, 'number of examples', fields.POSITIVE_INT)
  at_updates: bool = field(False, 'probe around mask steps too')


@dataclasses.dataclass(frozen=True)
class RunConfig:
  """The config of a run; hashable.

  `num_steps`, `updater.start_step` and `updater.stop_step` may be `None` until
  `lengths.in_steps` sets them.
  """

  seed: int = field(0, 'of all random numbers of the run')
  batch_size: int = field(128, 'examples of a step', fields.POSITIVE_INT)
  num_steps: int = field(
    None, 'length of the run', fields.unset_or('an int', int)
  )
  num_epochs: float | None = field(
    None,
    'length of the run in passes over the data, in place of `num_steps`',
    fields.unset_or('a number', int, float),
    stored=False,
  )
  multiplier: float = field(
    1.0, 'factor of all lengths but intervals', fields.POSITIVE, stored=False
  )
  task: Named = field('classification', 'of jaxsparse.tasks')
  metrics: tuple[Named, ...] = field(
    (), "of jaxsparse.metrics; () for the task's usual ones", fields.METRICS
  )
  label_smoothing: float = field(0.0, 'of the loss', fields.BELOW_ONE)
  loggers: tuple[Named, ...] = field(
    (), 'further loggers of records, dotted paths', fields.LOGGERS
  )
  streams: tuple[str, ...] = field(
    (),
    "further draws of random streams: 'NAME=NUMBER'",
    streams.ACCEPTED,
  )
  log_interval: int = field(100, 'steps a logged record', fields.POSITIVE_INT)
  data: DataConfig = DataConfig()
  model: ModelConfig = ModelConfig()
  optimizer: OptimizerConfig = OptimizerConfig()
  updater: UpdaterConfig = UpdaterConfig()
  init: InitConfig = InitConfig()
  pruning: PruningConfig = PruningConfig()
  anchors: AnchorsConfig = AnchorsConfig()
  scoring: ScoringConfig = ScoringConfig()
  compute: ComputeConfig = ComputeConfig()
  checkpoint: CheckpointConfig = CheckpointConfig()
  eval: EvalConfig = EvalConfig()
  gradient_flow: GradientFlowConfig = GradientFlowConfig()

  @property
  def draws(self) -> dict[str, int]:
    """Random streams that are not at their first draw -> its number."""
    return streams.numbers(self.streams)


def _accepted(section: Any, prefix: str = '') -> dict[str, Accepted]:
  out: dict[str, Accepted] = {}
  for one in dataclasses.fields(section):
    if dataclasses.is_dataclass(one.default):
      out |= _accepted(one.default, f'{one.name}.')
    elif one.name != 'hyperparameters':
      out[prefix + one.name] = one.metadata['accepted']
  return out


# Dotted field -> what it accepts.
ACCEPTED = _accepted(RunConfig()) | fields.ACCEPTED_BY_OPTIMIZERS
