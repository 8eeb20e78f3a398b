"""The study of a lottery: levels of pruning, seeds, and arms."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from jaxsparse.claims import Claim, Ordering, with_texts
from jaxsparse.config.overrides import merged, override
from jaxsparse.config.run_config import RunConfig
from jaxsparse.core import choices
from jaxsparse.optim.learning_rate import share
from jaxsparse.runs import baselines, reading, recipes
from jaxsparse.runs.build import Experiment, build
from jaxsparse.studies import config_files
from jaxsparse.studies.lottery.arms import (
  ARMS,
  FINETUNE_RATE,
  RETRAIN,
  REWIND,
  Arm,
  first_of,
  level_fields,
)
from jaxsparse.studies.lottery.variants import FROM_CONFIG, children
from jaxsparse.studies.planning.pairing import LEVEL
from jaxsparse.studies.spec import Along, Analysis, Run, Study

# The arms of masks whose tickets should end above them.
_CONTROLS = ('reinit', 'shuffle', 'shuffle_global', 'random')
_DENSE = {'updater.name': 'static', 'updater.sparsity': 0.0}


@dataclasses.dataclass(frozen=True)
class Rounds:
  """The rounds of a lottery.

  Attributes:
    levels: rounds of pruning, or the levels to train, ascending: those that are
      left out are pruned together with the next.
    rate: fraction of what is left that a round prunes, in [0, 1).
    scope: 'global', all layers ranked together, or 'layer'.
    layers: rates of their own, 'PATTERN=RATE'.
    criterion: what weights are ranked by.
    rewind: the step, or epoch as '2ep', that tickets return to.
    retrain: the step, likewise, from which weights that stay are trained on,
      with the schedule from there (`rate_rewind`) or at one rate (`finetune`);
      `rewind` by default.
    finetune_rate: the learning rate of `finetune`; 0 for the last one of the
      schedule.
    optimizer: 'reset' or 'restore': its state at the step rewound to.
    children: nets a level whose mean goes on, which differ in the order of the
      data; 0 for no such arm.
  """

  levels: int | tuple[int, ...] = 15
  rate: float = 0.2
  scope: str = 'global'
  layers: tuple[str, ...] = ()
  criterion: Any = 'magnitude'
  rewind: int | str = 0
  retrain: int | str | None = None
  finetune_rate: float = 0.0
  optimizer: str = 'reset'
  children: int = 0

  @property
  def level_list(self) -> tuple[int, ...]:
    """The levels, ascending."""
    if isinstance(self.levels, int):
      return tuple(range(1, self.levels + 1))
    return tuple(self.levels)


def lottery(
  config: str,
  overrides: Mapping[str, Any] | None = None,
  *,
  rounds: Rounds = Rounds(),
  arms: Sequence[str] = ('reinit', 'shuffle'),
  more: Mapping[str, Arm] | None = None,
  seeds: int | tuple[int, ...] = 3,
  title: str = '',
  analyses: Sequence[Analysis] = (),
  paper: Mapping[str, Mapping[str, Any]] | None = None,
  **study: Any,
) -> Study:
  """Returns the study of a lottery, a run for each arm and a row a level.

  Args:
    config: of the dense net, as `--config` takes it.
    overrides: changes to it.
    rounds: of the lottery.
    arms: names of `ARMS`, `FROM_CONFIG` or `more`, or 'small_dense'; tickets
      and the dense net are always there.
    more: arms of one's own by name.
    seeds: as of `Run`.
    title: of the report.
    analyses: of the study.
    paper: run -> the paper's numbers, as of `Run`.
    **study: further arguments of `Study`, as `claims`.

  Raises:
    ValueError: a field of `rounds` or the name of an arm is not accepted.
  """
  overrides = {**(overrides or {}), **_DENSE}
  dense = build(
    override(config_files.load_config(config), overrides), reading.describe
  )
  _check(rounds)
  retrain = rounds.rewind if rounds.retrain is None else rounds.retrain
  steps = {
    REWIND: _step('rewind', rounds.rewind, dense),
    RETRAIN: _step('retrain', retrain, dense),
  }
  by_name = _arms(arms, more or {}, rounds, dense.config, steps[REWIND])
  builder = _Builder(config, overrides, rounds, seeds, dense, steps, by_name)
  build(builder.level(rounds.level_list[0]), reading.describe)
  runs = [
    builder.dense('dense', {}, 'dense'),
    *(run for name, arm in by_name.items() for run in builder.arm(name, arm)),
  ]
  if 'small_dense' in arms:
    runs.append(builder.small_dense())
  names, paper = [run.name for run in runs], paper or {}
  defaults = {
    'metrics': ('test_accuracy',),
    'across': LEVEL,
    'figures': (Along('active_weights', 'test_accuracy'),),
    'claims': _claims(names, rounds.level_list[-1]),
  }
  return Study(
    title=title or f'Lottery tickets of {config}',
    runs=tuple(
      dataclasses.replace(run, paper=paper.get(run.name, {})) for run in runs
    ),
    analyses=tuple(analyses),
    **(defaults | study),
  )


def _arms(
  arms: Sequence[str],
  more: Mapping[str, Arm],
  rounds: Rounds,
  config: RunConfig,
  rewind: int,
) -> dict[str, Arm]:
  """Returns the arms by name, the tickets first."""
  accepted = (*more, *ARMS, *FROM_CONFIG, 'small_dense')
  by_name = {'ticket': ARMS['ticket']}
  for name in arms:
    choices.check(f'arms: got {name!r}', name, accepted)
    if name in more:
      by_name[name] = more[name]
    elif name in ARMS:
      by_name[name] = ARMS[name]
    elif name in FROM_CONFIG:
      by_name[name] = FROM_CONFIG[name](config, rewind)
  return by_name | children(rounds.children)


def _check(rounds: Rounds) -> None:
  """Raises `ValueError` for rounds that no lottery can have.

  What a level's config has of them is checked as it is built.
  """
  levels = rounds.level_list
  if not levels or sorted(set(levels)) != list(levels) or levels[0] < 1:
    raise ValueError(
      f'levels: got {rounds.levels!r}; accepted is a number, or ascending'
      ' levels from 1'
    )
  if rounds.optimizer not in ('reset', 'restore'):
    raise ValueError(
      f'optimizer: got {rounds.optimizer!r}; accepted are reset, restore'
    )
  for name in ('finetune_rate', 'children'):
    value = getattr(rounds, name)
    if not 0 <= value < math.inf:
      raise ValueError(f'{name}: got {value}; accepted is a number >= 0')


def _step(name: str, value: int | str, dense: Experiment) -> int:
  """Returns the step of a field of `Rounds`: 500, or of an epoch, '2ep'.

  Raises:
    ValueError: it is neither, or not within the run.
  """
  text, steps = str(value), dense.plan.num_steps
  examples = len(dense.dataset.train.labels)
  try:
    if text.endswith('ep'):
      step = share(float(text[:-2]), examples) // dense.config.batch_size
    else:
      step = int(text)
  except (ValueError, OverflowError):
    step = -1
  if not 0 <= step < steps:
    raise ValueError(
      f'{name}: got {value!r}; accepted is a step, or an epoch as 2ep, below'
      f' the length of {steps:,} steps'
    )
  return step


@dataclasses.dataclass(frozen=True)
class _Builder:
  """Builder of the runs of a lottery."""

  config: str
  overrides: Mapping[str, Any]
  rounds: Rounds
  seeds: int | tuple[int, ...]
  net: Experiment
  steps: Mapping[str, int]
  arms: Mapping[str, Arm]

  def dense(self, name: str, fields: Mapping[str, Any], label: str) -> Run:
    """Returns the run of a dense net, which keeps the steps to rewind to."""
    length = fields.get('num_steps', self.net.plan.num_steps)
    steps = {*self.net.plan.keep_steps, *self.steps.values()}
    steps |= self._rewound_to(name)
    keep_steps = tuple(sorted(step for step in steps if step <= length))
    return self._run(
      name, {**fields, 'checkpoint.keep_steps': keep_steps}, label
    )

  def arm(self, name: str, arm: Arm) -> list[Run]:
    """Returns the runs of an arm: its dense net, if its own, and its levels."""
    first = first_of(name, arm)
    fields = self._pruning() | level_fields(name, arm, self.steps)
    if fields.get('optimizer.learning_rate') == FINETUNE_RATE:
      fields['optimizer.learning_rate'] = self._finetune_rate()
    if self.rounds.optimizer == 'restore' and 'init.checkpoint' in fields:
      fields['init.with_optimizer'] = True
    grid = arm.grid or {LEVEL: self.rounds.level_list}
    levels = self._run(name, fields, arm.label, grid)
    if first != f'{name}_dense':
      return [levels]
    keep_steps = tuple(sorted(self._rewound_to(first))) or (0,)
    dense_fields = {**arm.recipe, 'checkpoint.keep_steps': keep_steps}
    return [self._run(first, dense_fields, f'dense, {arm.label}'), levels]

  def _rewound_to(self, first: str) -> set[int]:
    """Returns the steps of a dense net that its arms start from."""
    fields = [
      level_fields(name, arm, self.steps)
      for name, arm in self.arms.items()
      if first_of(name, arm) == first
    ]
    names = ('init.checkpoint_step', 'init.signs_step')
    return {own[name] for own in fields for name in names if name in own}

  def small_dense(self) -> Run:
    """Returns the dense nets of as many parameters as the tickets have."""
    nets = [
      baselines.find_small_dense(self.level(level), size='parameters').fields
      for level in self.rounds.level_list
    ]
    fields = {f: None for net in nets for f in net if f.startswith('model.')}
    grid = {
      field: tuple(dict.fromkeys(net[field] for net in nets if field in net))
      for field in fields
    }
    return self._run('small_dense', {}, 'small dense', grid)

  def level(self, number: int) -> Any:
    """Returns the config of a level, from a dense net of any name."""
    fields = self._pruning() | {'init.masks': 'run:dense', LEVEL: number}
    base = config_files.load_config(self.config)
    return override(base, {**self.overrides, **fields})

  def _pruning(self) -> dict[str, Any]:
    rounds = self.rounds
    return {
      'pruning.rate': rounds.rate,
      'pruning.scope': rounds.scope,
      'pruning.layers': rounds.layers,
      'pruning.criterion': rounds.criterion,
    }

  def _finetune_rate(self) -> float:
    """Returns the learning rate of fine-tuning.

    Raises:
      ValueError: that of the last step is near 0, and no other is given.
    """
    if self.rounds.finetune_rate:
      return self.rounds.finetune_rate
    section, last = self.net.config.optimizer, self.net.plan.num_steps - 1
    shape = recipes.rate(section, self.net.plan.num_steps)
    rate = float(shape(jnp.int32(last))) * section.learning_rate
    if rate < section.learning_rate / 1e4:
      raise ValueError(
        f'finetune_rate: got 0, for the last rate of the schedule, {rate:.3g};'
        ' accepted is a rate > 0'
      )
    return rate

  def _run(
    self,
    name: str,
    fields: Mapping[str, Any],
    label: str,
    grid: Mapping[str, tuple[Any, ...]] | None = None,
  ) -> Run:
    grid = grid or {}
    overrides = merged(self.overrides, fields)
    return Run(
      name,
      self.config,
      {field: v for field, v in overrides.items() if field not in grid},
      grid=grid,
      seeds=self.seeds,
      label=label,
    )


def _claims(names: Sequence[str], level: int) -> tuple[Claim, ...]:
  """Returns the claims that tickets end above controls at the last level."""
  at = {LEVEL: level}
  return with_texts(
    {
      f"Tickets end above '{ARMS[name].label}' at level {level}.": Ordering(
        (name, 'ticket'), at=at
      )
      for name in _CONTROLS
      if name in names
    }
  )
