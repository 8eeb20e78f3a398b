"""Completes and checks a config before it runs.

Every check happens here or in the builders that `build.py` calls, before
anything compiles and before anything is written.
"""

import logging
import os
from typing import Any

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.fields import (
  BESIDE,
  CHECKS,
  LARGEST_INT,
  SEEDS,
  SOURCES,
  Plain,
  check,
  flat,
  typed,
)
from jaxsparse.core import choices
from jaxsparse.optim.learning_rate import share

_log = logging.getLogger(__name__)


def resolve(config: Any) -> Plain:
  """Returns the plain config, every section complete and every field checked.

  Where the name of a section was changed, fields that only another method takes
  are left out with a note in the log, so that a config file of one method
  serves another by `--config.updater.name`. Steps are settled by
  `settle_steps`.

  Raises:
    ValueError: names the wrong field, its value, and what is accepted.
  """
  written = config_lib.plain(config)
  for section in config_lib.SECTIONS:
    if not isinstance(written.setdefault(section, {}), dict):
      raise ValueError(
        f'config.{section}: got {written[section]!r}; it is a section'
      )
  names = {
    section: written[section]['name']
    for section in config_lib.SECTIONS
    if written[section].get('name') is not None
  }
  complete = config_lib.plain(config_lib.default_config(**names))
  del complete['made_for']
  made_for = written.pop('made_for', {})
  _drop_stale(written, made_for, complete)
  for section in config_lib.SECTIONS:
    name = complete[section]['name']
    if name != made_for.get(section):
      written[section] = applicable(section, name, written[section])
    _admit_required(section, name, written[section], complete[section])
  _merge(complete, written, '')
  present = flat(complete)
  for field, (accepted, test) in CHECKS.items():
    if field in present:
      check(field, present[field], accepted, test)
  _check_sources(complete['init'])
  _place_sources(complete['init'])
  last = SEEDS - complete['replicates']
  check('seed', complete['seed'], f'in 0 .. {last}', lambda v: 0 <= v <= last)
  return complete


def _check_sources(init: Plain) -> None:
  """Raises `ValueError` for fields on a source that is not set."""
  for field, source in (
    ('checkpoint_step', 'checkpoint'),
    ('masks_step', 'masks'),
    ('shuffle_masks', 'masks'),
  ):
    if not (init[source] or init[field] is None or init[field] is False):
      raise ValueError(
        f'config.init.{field}: got {init[field]!r}, which says something of'
        f' config.init.{source}; that is not set'
      )
  if init['counts'] == 'masks' and not any(init[s] for s in SOURCES):
    raise ValueError(
      "config.init.counts: got 'masks', which says something of"
      ' config.init.masks or config.init.checkpoint; neither is set'
    )


def _place_sources(init: Plain) -> None:
  """Makes the paths of sources absolute, `~` expanded.

  The sources of a run are part of its identity, which must not depend on the
  current directory.
  """
  for field in SOURCES:
    source = init[field]
    if source and not source.startswith(BESIDE) and '://' not in source:
      init[field] = os.path.abspath(os.path.expanduser(source))


def settle_steps(resolved: Plain, examples: int) -> Plain:
  """Returns `resolved` with `num_steps` and the updater's steps as integers.

  `multiplier` lengthens a run by this factor (RigL 5x of Evci et al. 2020,
  section 4.1): it scales the number of steps or epochs, `start_step` and
  `stop_step`, and the warm-up; steps set as a fraction of the run scale with
  it. Batch, learning rate, and all intervals stay. The settled config has no
  such field: it equals that of a run written out at its full length.

  Args:
    resolved: from `resolve`.
    examples: size of the training split.

  Raises:
    ValueError: both or neither of `num_steps` and `num_epochs`, a number that
      is not positive, a batch larger than the data.
  """
  batch = resolved['batch_size']
  if batch > examples:
    raise ValueError(
      f'config.batch_size: got {batch}; the training split of'
      f' {resolved["data"]["name"]!r} has {examples} examples'
    )
  steps = _num_steps(resolved, examples)
  updater, times = dict(resolved['updater']), resolved['multiplier']
  for end in ('start', 'stop'):
    step = updater[f'{end}_step']
    updater[f'{end}_step'] = (
      share(updater[f'{end}_fraction'], steps)
      if step is None
      else _lengthened(step, times)
    )
    del updater[f'{end}_fraction']
  if not 0 <= updater['start_step'] <= updater['stop_step'] <= LARGEST_INT:
    raise ValueError(
      'config.updater: got start_step'
      f' {updater["start_step"]}, stop_step {updater["stop_step"]}; accepted'
      f' is 0 <= start_step <= stop_step <= {LARGEST_INT}'
    )
  check(
    'checkpoint.keep_steps',
    resolved['checkpoint']['keep_steps'],
    f'at most num_steps {steps}',
    lambda v: max(v, default=0) <= steps,
  )
  warmup = _lengthened(resolved['optimizer']['warmup_steps'], times)
  check(
    'optimizer.warmup_steps',
    warmup,
    f'at most {LARGEST_INT}',
    lambda v: v <= LARGEST_INT,
  )
  settled = resolved | {
    'num_steps': steps,
    'updater': updater,
    'optimizer': resolved['optimizer'] | {'warmup_steps': warmup},
  }
  del settled['num_epochs'], settled['multiplier']
  return settled


def _num_steps(resolved: Plain, examples: int) -> int:
  steps, epochs = resolved['num_steps'], resolved['num_epochs']
  if (steps is None) == (epochs is None):
    raise ValueError(
      'set one of config.num_steps and config.num_epochs; got'
      f' {steps} and {epochs}'
    )
  field, requested, times = 'num_steps', steps, resolved['multiplier']
  if epochs is not None:
    field, requested = 'num_epochs', epochs
    steps = share(epochs * times, examples) // resolved['batch_size']
  else:
    steps = share(times, steps)
  accepted = f'1 to {LARGEST_INT} steps'
  check(field, requested, accepted, lambda _: 1 <= steps <= LARGEST_INT)
  return steps


def _lengthened(step: int, times: float) -> int:
  """Returns ceil(times x step): a step before the end stays before it."""
  return -share(times, -step)


def _drop_stale(given: Plain, made_for: Plain, complete: Plain) -> None:
  """Drops the defaults of the old method where a name was changed."""
  stale = config_lib.plain(config_lib.default_config(**made_for))
  for section in config_lib.SECTIONS:
    name, old = complete[section]['name'], stale[section]
    if not made_for or name == old['name']:
      continue
    for field in set(given[section]) & set(old) - {'name'}:
      if given[section][field] == old[field]:
        del given[section][field]
        if old[field] != complete[section].get(field, old[field]):
          _log.info(
            'config.%s.%s: the default of %s, %r, in place of %r',
            section,
            field,
            name,
            complete[section][field],
            old[field],
          )


def _admit_required(
  section: str, name: Any, given: Plain, complete: Plain
) -> None:
  """Adds the hyperparameters without a default to `complete`."""
  for field, p in config_lib.hyperparameters(section, name).items():
    if p.default is p.empty and given.get(field) is None:
      raise ValueError(f'config.{section}.{field}: {name} needs a value')
    complete.setdefault(field, None)


def applicable(section: str, name: config_lib.Named, given: Plain) -> Plain:
  """Returns `given` without fields that only other methods take."""
  accepted = config_lib.hyperparameters(section, name)
  common = config_lib.plain(config_lib.default_config(**{section: name}))
  of_methods: set[str] = set()
  for other in config_lib.names(section):
    of_methods |= set(config_lib.hyperparameters(section, other))
  foreign = (of_methods - set(accepted) - set(common[section])) & set(given)
  for field in sorted(foreign):
    _log.info('config.%s.%s does not apply to %s', section, field, name)
  return {k: v for k, v in given.items() if k not in foreign}


def _merge(into: Plain, given: Plain, prefix: str) -> None:
  """Writes `given` over `into`; refuses unknown fields and types."""
  for key, value in given.items():
    field = prefix + key
    choices.check(f'config.{field}: no such field', key, sorted(into))
    if isinstance(into[key], dict):
      if not isinstance(value, dict):
        raise ValueError(f'config.{field}: got {value!r}; it is a section')
      _merge(into[key], value, f'{field}.')
    else:
      into[key] = typed(field, value, into[key])
