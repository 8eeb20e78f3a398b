"""The fields of a config: accepted values and their checks."""

from collections.abc import Callable
from typing import Any

import numpy as np

from jaxsparse.data import datasets
from jaxsparse.optim.learning_rate import LARGEST, SCHEDULES
from jaxsparse.optim.regrown import REGROWN

Plain = dict[str, Any]

# Ints of a run are int32, as `step`; a word of a seed has 32 bits.
LARGEST_INT = 2**31 - 1
SEEDS = 2**32
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


def _unset_or(*types: type) -> Callable[[Any], bool]:
  return lambda v: v is None or type(v) in types


def _unset_or_int(value: Any) -> bool:
  return value is None or (type(value) is int and abs(value) <= LARGEST_INT)


def _unset_or_step(value: Any) -> bool:
  return value is None or (_unset_or_int(value) and value >= 0)


def _unset_or_below_one(value: Any) -> bool:
  return value is None or (type(value) in (int, float) and 0 <= value < 1)


def _below_one(value: Any) -> bool:
  # For a user's own optimiser a field of this name may be no number.
  return type(value) not in (int, float) or 0 <= value < 1


def _not_negative(value: Any) -> bool:
  return type(value) not in (int, float) or value >= 0


def _numbers(values: Any) -> bool:
  return all(type(v) in (int, float) and abs(v) <= LARGEST for v in values)


# Field -> (what is accepted, the test of it). Floats are finite already.
CHECKS: dict[str, tuple[str, Any]] = {
  'replicates': (
    f'in 1 .. {_MOST_REPLICATES}',
    lambda v: 1 <= v <= _MOST_REPLICATES,
  ),
  'batch_size': ('an int >= 1', lambda v: v >= 1),
  'num_steps': ('an int', _unset_or(int)),
  'num_epochs': ('a number', _unset_or(int, float)),
  'multiplier': ('> 0', lambda v: v > 0),
  'metrics': (
    'names of metrics, dotted paths and functions',
    lambda v: all(isinstance(m, str) or callable(m) for m in v),
  ),
  'label_smoothing': ('in [0, 1)', lambda v: 0 <= v < 1),
  'log_interval': ('an int >= 1', lambda v: v >= 1),
  'optimizer.momentum': ('in [0, 1)', _unset_or_below_one),
  **{
    f'optimizer.{name}': ('in [0, 1)', _below_one)
    for name in ('b1', 'b2', 'b3', 'decay', 'rho')
  },
  **{
    f'optimizer.{name}': ('>= 0', _not_negative)
    for name in (
      *('eps', 'eps_root', 'eta'),
      *('initial_accumulator_value', 'initial_scale'),
    )
  },
  'updater.update_interval': ('an int >= 1', lambda v: v >= 1),
  'updater.start_step': (f'an int, at most {LARGEST_INT}', _unset_or_int),
  'updater.stop_step': (f'an int, at most {LARGEST_INT}', _unset_or_int),
  'updater.start_fraction': ('in [0, 1]', lambda v: 0 <= v <= 1),
  'updater.stop_fraction': ('in [0, 1]', lambda v: 0 <= v <= 1),
  'optimizer.learning_rate': ('> 0', lambda v: v > 0),
  'optimizer.weight_decay': ('>= 0', lambda v: v >= 0),
  'optimizer.clip_norm': ('>= 0; 0 for none', lambda v: v >= 0),
  'optimizer.warmup_steps': ('an int >= 0', lambda v: v >= 0),
  'optimizer.no_decay': (
    'patterns of kernels',
    lambda v: all(isinstance(pattern, str) for pattern in v),
  ),
  'init.checkpoint_step': ('an int >= 0', _unset_or_step),
  'init.counts': (', '.join(COUNTS), lambda v: v in COUNTS),
  'init.masks_step': ('an int >= 0', _unset_or_step),
  'checkpoint.interval': ('an int >= 1', lambda v: v >= 1),
  'checkpoint.keep': ('an int >= 1', lambda v: v >= 1),
  'checkpoint.keep_steps': (
    'ints >= 0',
    lambda v: all(type(step) is int and step >= 0 for step in v),
  ),
  'eval.interval': ('an int >= 1', lambda v: v >= 1),
  'eval.batch_size': (
    f'in 1 .. {_MOST_EVALUATED_AT_ONCE}',
    lambda v: 1 <= v <= _MOST_EVALUATED_AT_ONCE,
  ),
  'gradient_flow.interval': ('an int >= 0', lambda v: v >= 0),
  'gradient_flow.probe_size': ('an int >= 1', lambda v: v >= 1),
  'data.source': (
    ', '.join(datasets.SOURCES),
    lambda v: v in datasets.SOURCES,
  ),
  'data.sequence_length': ('an int >= 0', lambda v: v >= 0),
  'data.image_size': ('an int >= 0', lambda v: v >= 0),
  'data.workers': (
    f'in 0 .. {_MOST_WORKERS}',
    lambda v: 0 <= v <= _MOST_WORKERS,
  ),
  'data.mean': ('finite numbers', _numbers),
  'data.std': ('numbers > 0', lambda v: _numbers(v) and all(x > 0 for x in v)),
  'eval.split': (
    'auto, validation or test',
    lambda v: v in ('auto', 'validation', 'test'),
  ),
  'optimizer.regrown': (', '.join(REGROWN), lambda v: v in REGROWN),
  'optimizer.schedule': (', '.join(SCHEDULES), lambda v: v in SCHEDULES),
}


def flat(tree: Plain, prefix: str = '') -> Plain:
  """Flattens nested sections to dotted field -> value."""
  out: Plain = {}
  for key, value in tree.items():
    if isinstance(value, dict) and value:
      out |= flat(value, f'{prefix}{key}.')
    else:
      out[prefix + key] = value
  return out


def check(field: str, value: Any, accepted: str, test: Any) -> None:
  """Raises `ValueError` if `value` does not pass `test`."""
  if not test(value):
    raise ValueError(f'config.{field}: got {value!r}; accepted is {accepted}')


def _of_python(value: Any) -> Any:
  if isinstance(value, list | tuple):
    return tuple(map(_of_python, value))
  return value.item() if isinstance(value, np.number) else value


def typed(field: str, value: Any, default: Any) -> Any:
  """Converts `value` to the type of `default`: ints to floats, lists to tuples.

  NumPy numbers, as in a grid by `linspace`, become Python numbers: these leave
  the dtype of arrays unchanged, and `CHECKS` accept no others. Fields whose
  default is `None` are checked where they are used.

  Raises:
    ValueError: `value` is not of that type, or not finite.
  """
  value = _of_python(value)
  if isinstance(value, float) and not abs(value) <= LARGEST:
    raise ValueError(f'config.{field}: got {value!r}; accepted is finite')
  if type(default) is int and type(value) is int and field != 'seed':
    check(field, value, f'at most {LARGEST_INT}', lambda v: v <= LARGEST_INT)
  named = isinstance(default, str) or callable(default)
  if default is None or (named and callable(value)):
    return value
  if isinstance(default, float) and type(value) is int:
    value = float(value)
  numeric = isinstance(default, int) and isinstance(value, bool)
  if not isinstance(value, type(default)) or (
    numeric and not isinstance(default, bool)
  ):
    kind = type(default).__name__
    article = 'an' if kind == 'int' else 'a'
    raise ValueError(
      f'config.{field}: got {value!r}; accepted is {article} {kind}'
    )
  return value
