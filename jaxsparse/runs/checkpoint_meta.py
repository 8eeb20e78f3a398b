"""What a checkpoint of a run holds besides its state."""

import logging
from collections.abc import Sequence
from typing import Any

import jax

from jaxsparse.config import identity
from jaxsparse.config.run_config import RunConfig
from jaxsparse.runs import versions
from jaxsparse.training.executors import Execution
from jaxsparse.training.loop import Progress

Meta = dict[str, Any]

_log = logging.getLogger(__name__)


def make(
  progress: Progress, config: RunConfig, seconds: float, execution: Execution
) -> Meta:
  """Returns the metadata of a checkpoint; `seconds` is the wall time so far."""
  return {
    'digest': identity.digest(config),
    'config': identity.jsonable(config),
    'meter': list(progress.meter),
    'failed': progress.failed,
    'wall_seconds': seconds,
    'made_on': _made_on(execution),
  }


def progress(step: int, meta: Meta, config: RunConfig) -> Progress:
  """Returns the progress of a run at a checkpoint.

  Raises:
    ValueError: the checkpoint is of a run of another config.
  """
  differing = identity.differences(identity.current(meta['config']), config)
  if differing:
    raise ValueError(
      f'the checkpoint of step {step} is of another config; fields that'
      f' differ (there -> here): {"; ".join(differing)}'
    )
  if 'meters' in meta:  # Formerly those of all seeds of a workdir: here one.
    (meter,), failed = meta['meters'], meta['failed'].get('0')
    return Progress(step, list(meter), failed)
  return Progress(step, list(meta['meter']), meta['failed'])


def execution(meta: Meta) -> Execution:
  """Returns how the run of a checkpoint was executed."""
  made_on = meta['made_on']
  # Earlier versions recorded it as `carry`, and before that not at all.
  how = made_on.get('executor', made_on.get('carry', 'one_by_one'))
  return Execution(how, made_on.get('width', 1), made_on.get('devices', 1))


def warn_of_move(metas: Sequence[Meta], now: Execution) -> None:
  """Warns if runs resumed from checkpoints may not reproduce their bits."""
  current = _made_on(now)
  differing = {
    (name, earlier, current[name])
    for meta in metas
    for name, earlier in (meta['made_on'] | _named(execution(meta))).items()
    if name in current and earlier != current[name]
  }
  for fact in sorted(differing, key=str):
    _log.warning(
      'the run was on %s %s and goes on on %s: its results may differ in'
      ' their last bits from those of an unbroken run',
      *fact,
    )


def _named(how: Execution) -> dict[str, str | int]:
  return {'executor': how.how, 'width': how.width, 'devices': how.devices}


def _made_on(how: Execution) -> dict[str, str | int]:
  """Returns what the bits of a run depend on besides its config."""
  made_with = versions.made_with()
  return {
    'jax': made_with['jax'],
    'jaxlib': made_with['jaxlib'],
    'cores': int(made_with.get('cores', 0)),
    'processor': made_with['machine'],
    'device': jax.devices()[0].device_kind,
    'device_count': jax.device_count(),
    **_named(how),
  }
