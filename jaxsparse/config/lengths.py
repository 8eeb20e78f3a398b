"""The length of a run, its mask steps and its warm-up, as numbers of steps."""

import dataclasses

from jaxsparse.config.fields import LARGEST_INT, Accepted, at_most, check
from jaxsparse.config.run_config import RunConfig, UpdaterConfig
from jaxsparse.optim.learning_rate import share


def in_steps(config: RunConfig, examples: int) -> RunConfig:
  """Returns `config` with all lengths in steps.

  `multiplier` lengthens a run by this factor (RigL 5x of Evci et al. 2020,
  section 4.1): it scales the number of steps or epochs, `start_step` and
  `stop_step`, and the warm-up; steps set as a fraction of the run scale with
  it. Batch, learning rate, and all intervals stay.

  Args:
    config: from `resolve`.
    examples: size of the training split.

  Returns:
    A config that equals that of the run written out at its full length, with
    the defaults of `num_epochs`, `multiplier`, `updater.start_fraction` and
    `updater.stop_fraction`, which say nothing of it.

  Raises:
    ValueError: both or neither of `num_steps` and `num_epochs`, a number that
      is not positive, a batch larger than the data.
  """
  if config.batch_size > examples:
    raise ValueError(
      f'config.batch_size: got {config.batch_size}; the training split of'
      f' {config.data.name!r} has {examples} examples'
    )
  steps = _num_steps(config, examples)
  updater = _updater(config.updater, steps, config.multiplier)
  check(
    'checkpoint.keep_steps',
    config.checkpoint.keep_steps,
    Accepted(
      f'at most num_steps {steps}', lambda v: max(v, default=0) <= steps
    ),
  )
  check(
    'init.start_step',
    config.init.start_step,
    Accepted(f'below num_steps {steps}', lambda v: v < steps),
  )
  warmup = _lengthened(config.optimizer.warmup_steps, config.multiplier)
  check('optimizer.warmup_steps', warmup, at_most(LARGEST_INT))
  return dataclasses.replace(
    config,
    num_steps=steps,
    num_epochs=RunConfig.num_epochs,
    multiplier=RunConfig.multiplier,
    updater=updater,
    optimizer=dataclasses.replace(config.optimizer, warmup_steps=warmup),
  )


def _updater(
  updater: UpdaterConfig, steps: int, multiplier: float
) -> UpdaterConfig:
  """Returns the section with `start_step` and `stop_step` set."""
  start, stop = (
    share(fraction, steps) if step is None else _lengthened(step, multiplier)
    for step, fraction in (
      (updater.start_step, updater.start_fraction),
      (updater.stop_step, updater.stop_fraction),
    )
  )
  if not 0 <= start <= stop <= LARGEST_INT:
    raise ValueError(
      f'config.updater: got start_step {start}, stop_step {stop}; accepted'
      f' is 0 <= start_step <= stop_step <= {LARGEST_INT}'
    )
  return dataclasses.replace(
    updater,
    start_step=start,
    stop_step=stop,
    start_fraction=UpdaterConfig.start_fraction,
    stop_fraction=UpdaterConfig.stop_fraction,
  )


def _num_steps(config: RunConfig, examples: int) -> int:
  epochs, times = config.num_epochs, config.multiplier
  if (config.num_steps is None) == (epochs is None):
    raise ValueError(
      'set one of config.num_steps and config.num_epochs; got'
      f' {config.num_steps} and {epochs}'
    )
  if epochs is None:
    steps = share(times, config.num_steps)
  else:
    steps = share(epochs * times, examples) // config.batch_size
  check(
    'num_steps' if epochs is None else 'num_epochs',
    config.num_steps if epochs is None else epochs,
    Accepted(f'1 to {LARGEST_INT} steps', lambda _: 1 <= steps <= LARGEST_INT),
  )
  return steps


def _lengthened(step: int, times: float) -> int:
  """Returns ceil(times x step): a step before the end stays before it."""
  return -share(times, -step)
