"""From a config as written to the config that runs: checked and complete.

Every check happens here or in the builders that `build.py` calls, before
anything compiles and before anything is written.
"""

import logging
import math
from collections.abc import Iterable
from typing import Any

from jaxsparse.core import paths
from jaxsparse.experiments import config as config_lib

_log = logging.getLogger(__name__)

Plain = dict[str, Any]

# Field -> (what is accepted, the test of it).
_CHECKS: dict[str, tuple[str, Any]] = {
  'seed': ('an int >= 0', lambda v: v >= 0),
  'replicates': ('an int >= 1', lambda v: v >= 1),
  'batch_size': ('an int >= 1', lambda v: v >= 1),
  'log_interval': ('an int >= 1', lambda v: v >= 1),
  'updater.update_interval': ('an int >= 1', lambda v: v >= 1),
  'updater.start_fraction': ('in [0, 1]', lambda v: 0 <= v <= 1),
  'updater.stop_fraction': ('in [0, 1]', lambda v: 0 <= v <= 1),
  'optimizer.learning_rate': ('finite, > 0', lambda v: 0 < v < math.inf),
  'optimizer.weight_decay': ('finite, >= 0', lambda v: 0 <= v < math.inf),
  'optimizer.warmup_steps': ('an int >= 0', lambda v: v >= 0),
  'checkpoint.interval': ('an int >= 1', lambda v: v >= 1),
  'checkpoint.keep': ('an int >= 1', lambda v: v >= 1),
  'eval.interval': ('an int >= 1', lambda v: v >= 1),
  'eval.batch_size': ('an int >= 1', lambda v: v >= 1),
  'eval.probe_size': ('an int >= 0', lambda v: v >= 0),
  'eval.split': (
    'auto, validation or test',
    lambda v: v in ('auto', 'validation', 'test'),
  ),
  'optimizer.schedule': (
    'constant, cosine or piecewise',
    lambda v: v in ('constant', 'cosine', 'piecewise'),
  ),
}


def resolve(config: Any) -> Plain:
  """The plain config with every section complete and every field checked.

  Fields that another method of the section takes, but not the named one, are
  left out with a note in the log, so that a config file of one method serves
  another by `--config.updater.name`. Steps are settled by `settle_steps`.

  Raises:
    ValueError: what was got, what is accepted, at which field.
  """
  given = config_lib.plain(config)
  names = {
    section: given.get(section, {}).get('name')
    for section in config_lib.SECTIONS
  }
  complete = config_lib.plain(config_lib.default_config(**names))
  for section in config_lib.SECTIONS:
    _refuse_missing(section, names[section], given[section])
    given[section] = _applicable(
      section, names[section], given[section], complete[section]
    )
    _admit_required(section, names[section], complete[section])
  _merge(complete, given, '')
  for field, (accepted, test) in _CHECKS.items():
    _check(field, get(complete, field), accepted, test)
  return complete


def settle_steps(resolved: Plain, examples: int) -> Plain:
  """`resolved` with `num_steps` and the updater's steps as integers.

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
  steps, epochs = resolved['num_steps'], resolved['num_epochs']
  if (steps is None) == (epochs is None):
    raise ValueError(
      'set one of config.num_steps and config.num_epochs; got'
      f' {steps} and {epochs}'
    )
  if epochs is not None:
    if not 0 < epochs < math.inf:
      raise ValueError(f'config.num_epochs: got {epochs}; accepted is > 0')
    steps = math.floor(epochs * examples / batch)
  if steps < 1:
    raise ValueError(f'config.num_steps: got {steps}; accepted is an int >= 1')
  updater = dict(resolved['updater'])
  for end in ('start', 'stop'):
    if updater[f'{end}_step'] is None:
      updater[f'{end}_step'] = math.floor(updater[f'{end}_fraction'] * steps)
    del updater[f'{end}_fraction']
  if not 0 <= updater['start_step'] <= updater['stop_step']:
    raise ValueError(
      'config.updater: got start_step'
      f' {updater["start_step"]}, stop_step {updater["stop_step"]}; accepted'
      ' is 0 <= start_step <= stop_step'
    )
  settled = resolved | {'num_steps': steps, 'updater': updater}
  del settled['num_epochs']
  return settled


def get(tree: Plain, field: str) -> Any:
  """The value at a dotted field."""
  for part in field.split('.'):
    tree = tree[part]
  return tree


def check_field(tree: Plain, field: str) -> None:
  """Raises `ValueError` if `tree` has no dotted `field`."""
  done = ''
  for part in field.split('.'):
    if not isinstance(tree, dict) or part not in tree:
      _unknown(done + part, part, tree if isinstance(tree, dict) else ())
    tree, done = tree[part], f'{done}{part}.'


def flat(tree: Plain, prefix: str = '') -> Plain:
  """Dotted field -> value."""
  out: Plain = {}
  for key, value in tree.items():
    if isinstance(value, dict) and value:
      out |= flat(value, f'{prefix}{key}.')
    else:
      out[prefix + key] = value
  return out


def _refuse_missing(section: str, name: Any, given: Plain) -> None:
  for field, p in config_lib.hyperparameters(section, name).items():
    if p.default is p.empty and given.get(field) is None:
      raise ValueError(f'config.{section}.{field}: {name} needs a value')


def _admit_required(section: str, name: Any, complete: Plain) -> None:
  for field in config_lib.hyperparameters(section, name):
    complete.setdefault(field, None)


def _applicable(
  section: str, name: Any, given: Plain, complete: Plain
) -> Plain:
  """`given` without the fields that only other methods of `section` take."""
  own = config_lib.hyperparameters(section, name)
  others: set[str] = set()
  for other in config_lib.names(section):
    others |= set(config_lib.hyperparameters(section, other))
  foreign = (others - set(own) - set(complete)) & set(given)
  for field in sorted(foreign):
    _log.info('config.%s.%s does not apply to %s', section, field, name)
  return {k: v for k, v in given.items() if k not in foreign}


def _merge(into: Plain, given: Plain, prefix: str) -> None:
  """Writes `given` over `into`; unknown fields and types are refused."""
  for key, value in given.items():
    field = prefix + key
    if key not in into:
      _unknown(field, key, into)
    if isinstance(into[key], dict):
      if not isinstance(value, dict):
        raise ValueError(f'config.{field}: got {value!r}; it is a section')
      _merge(into[key], value, f'{field}.')
    else:
      into[key] = _typed(field, value, into[key])


def _unknown(field: str, key: str, accepted: Iterable[str]) -> None:
  names = sorted(accepted)
  raise ValueError(
    f'config.{field}: no such field; accepted are {", ".join(names)}.'
    f'{paths.nearest(key, names)}'
  )


def _typed(field: str, value: Any, default: Any) -> Any:
  """`value`, as the type of `default`; ints serve as floats, lists as tuples.

  Fields whose default is `None` are checked where they are used.
  """
  if isinstance(value, list):
    value = tuple(value)
  if default is None or value is None or callable(value):
    return value
  if isinstance(default, float) and isinstance(value, int):
    value = float(value)
  numeric = isinstance(default, int) and isinstance(value, bool)
  if not isinstance(value, type(default)) or (
    numeric and not isinstance(default, bool)
  ):
    raise ValueError(
      f'config.{field}: got {value!r}; accepted is a {type(default).__name__}'
    )
  return value


def _check(field: str, value: Any, accepted: str, test: Any) -> None:
  if not test(value):
    raise ValueError(f'config.{field}: got {value!r}; accepted is {accepted}')
