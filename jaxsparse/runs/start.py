"""The start of a run: at step 0, or at one of its checkpoints."""

import logging
from collections.abc import Sequence
from typing import Any

import jax

from jaxsparse.config import identity
from jaxsparse.config.run_config import RunConfig
from jaxsparse.core import masks as masks_lib
from jaxsparse.core import prng
from jaxsparse.data.datasets import Split
from jaxsparse.runs import feed, versions
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.compiled import Compiled
from jaxsparse.runs.sources import Given
from jaxsparse.training.carry import Carry
from jaxsparse.training.loop import Progress
from jaxsparse.training.state import TrainState

_log = logging.getLogger(__name__)


def fresh_state(
  experiment: Experiment,
  program: Compiled,
  data: Split,
  replicate: int,
  given: Given,
) -> TrainState:
  """Returns the state of a replicate at step 0.

  Args:
    experiment: the run.
    program: its compiled programs.
    data: its training split, from `feed.put`.
    replicate: its number.
    given: from `sources.given`.
  """
  params, masks = given
  member = experiment.members[replicate]
  if experiment.config.init.shuffle_masks:
    masks = masks_lib.random_masks(
      experiment.params,
      masks_lib.active(masks),
      key=prng.stream(member.key, 'shuffled_masks'),
    )
  data, rows = feed.picked(data, experiment.batches(replicate, 0, 1))
  state = program.init(member, data, rows, params, masks)
  # Outputs of a program are committed to its device, and a program compiles
  # again for arguments that are not.
  return jax.tree.map(lambda x: jax.device_put(x, x.sharding), state)


def to_meta(
  progress: Progress, config: RunConfig, seconds: float, carry: Carry
) -> dict[str, Any]:
  """Returns the metadata that a checkpoint holds besides the states."""
  return {
    'digest': identity.digest(config),
    'config': identity.jsonable(config),
    'meters': [list(meter) for meter in progress.meters],
    'failed': {str(k): v for k, v in progress.failed.items()},
    'wall_seconds': seconds,
    'made_on': _made_on(carry),
  }


def from_meta(step: int, meta: dict[str, Any], config: RunConfig) -> Progress:
  """Restores the progress from the output of `to_meta`.

  Raises:
    ValueError: the checkpoint is of a run of another config.
  """
  differing = identity.differences(meta['config'], config)
  if differing:
    raise ValueError(
      f'the checkpoint of step {step} is of another config; fields that'
      f' differ (there -> here): {"; ".join(differing)}'
    )
  return Progress(
    step,
    [list(meter) for meter in meta['meters']],
    {int(k): v for k, v in meta['failed'].items()},
  )


def carried(meta: dict[str, Any]) -> Carry:
  """Returns how the members of a checkpoint were executed."""
  made_on = meta['made_on']
  # Checkpoints from before there was a choice do not record it.
  return Carry(
    made_on.get('carry', 'one_by_one'),
    made_on.get('width', 1),
    made_on.get('devices', 1),
  )


def warn_of_move(metas: Sequence[dict[str, Any]], carry: Carry) -> None:
  """Warns if a run resumed from checkpoints may not reproduce its bits."""
  current = _made_on(carry)
  differing = {
    (name, earlier, current.get(name))
    for meta in metas
    for name, earlier in (meta['made_on'] | _named(carried(meta))).items()
    if earlier != current.get(name)
  }
  for fact in sorted(differing, key=str):
    _log.warning(
      'the run was on %s %s and goes on on %s: its results may differ in'
      ' their last bits from those of an unbroken run',
      *fact,
    )


def _named(carry: Carry) -> dict[str, str | int]:
  return {'carry': carry.how, 'width': carry.width, 'devices': carry.devices}


def _made_on(carry: Carry) -> dict[str, str | int]:
  """Returns what the bits of a run depend on besides its config."""
  made_with = versions.made_with()
  return {
    'jax': made_with['jax'],
    'jaxlib': made_with['jaxlib'],
    'cores': int(made_with.get('cores', 0)),
    'processor': made_with['machine'],
    'device': jax.devices()[0].device_kind,
    'device_count': jax.device_count(),
    **_named(carry),
  }
