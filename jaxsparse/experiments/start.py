"""Where a run begins: fresh, from a checkpoint of another, or its own."""

import logging
import os
import pathlib
import platform
from typing import Any

import jax
import jaxlib

from jaxsparse.core import masks as masks_lib
from jaxsparse.core.types import Invariant, Masks, Params, Path
from jaxsparse.data.datasets import Split
from jaxsparse.experiments import identity
from jaxsparse.experiments import workdir as workdir_lib
from jaxsparse.experiments.build import Experiment
from jaxsparse.experiments.compiled import Compiled
from jaxsparse.experiments.fields import Plain
from jaxsparse.training.carry import Carry, usable_cores
from jaxsparse.training.checkpoints.bare import check_like, load_params
from jaxsparse.training.loop import Progress
from jaxsparse.training.state import TrainState

_log = logging.getLogger(__name__)

# `init.checkpoint` = 'run:NAME' is the run NAME beside this one's own workdir.
BESIDE = 'run:'

# Params and masks to start from; `None` where the run makes its own.
Given = tuple[Params | None, Masks | None]


def given(
  experiment: Experiment, workdir: str | os.PathLike[str] | None = None
) -> Given:
  """Params and masks of `init.checkpoint`, the same for every replicate.

  Its masks are taken if they are sparse and the method keeps their counts;
  another method starts from its zeros as from ordinary weights. Of a run of
  several replicates, those of the first are taken.

  Args:
    experiment: the run.
    workdir: where it is, or will be, kept; the run of 'run:NAME' is beside it.

  Raises:
    ValueError: there is no good checkpoint, or it does not fit the config.
  """
  source = experiment.config['init']['checkpoint']
  if not source:
    return None, None
  try:
    params, masks = load_params(_path(source, workdir))
    check_like(params, experiment.params, source)
  except ValueError as error:
    raise ValueError(f'config.init.checkpoint: {error}') from None
  params = jax.tree.map(
    lambda like, p: p.astype(like.dtype), experiment.params, params
  )
  invariant = experiment.recipe.updater(experiment.members[0]).invariant
  if masks is None or invariant not in ('per_leaf', 'total'):
    return params, None
  active = masks_lib.active_by_path(masks)
  if active == masks_lib.sizes_by_path(masks):
    return params, None
  _check_counts(active, experiment.target_counts, invariant, source)
  return params, masks


def _path(source: str, workdir: str | os.PathLike[str] | None) -> str:
  """Where `init.checkpoint` is."""
  if not source.startswith(BESIDE):
    return source
  name = source.removeprefix(BESIDE)
  if name == '..' or not name or pathlib.PurePath(name).name != name:
    raise ValueError(f'got {source!r}; accepted is {BESIDE} and a directory')
  if not workdir:
    raise ValueError(f'{source!r} is beside the workdir, and none is given')
  path = workdir_lib.local(workdir).parent / name
  if workdir_lib.finished(path) is None:
    raise ValueError(f'{path} is no finished run')
  return str(path)


def fresh_state(
  experiment: Experiment,
  program: Compiled,
  data: Split,
  replicate: int,
  given: Given,
) -> TrainState:
  """The state of a replicate at step 0."""
  state = program.init(
    experiment.members[replicate],
    data,
    experiment.batches(replicate, 0, 1),
    *given,
  )
  # What a program returns is committed to its device, and a program compiles
  # anew for arguments that are not.
  return jax.tree.map(lambda x: jax.device_put(x, x.sharding), state)


def _check_counts(
  active: dict[Path, int],
  wanted: dict[Path, int],
  invariant: Invariant,
  source: str,
) -> None:
  if invariant == 'total':
    active, wanted = ({'all': sum(c.values())} for c in (active, wanted))
  for path in sorted(active.keys() | wanted.keys()):
    if active.get(path) != wanted.get(path):
      raise ValueError(
        f'config.init.checkpoint: {source} holds {active.get(path)} active'
        f' weights at {path!r}; config.updater asks for {wanted.get(path)}'
      )


def to_meta(
  progress: Progress, config: Plain, seconds: float, carry: Carry
) -> dict[str, Any]:
  """What a checkpoint carries besides the states."""
  return {
    'digest': identity.digest(config),
    'config': identity.jsonable(config),
    'meters': [list(meter) for meter in progress.meters],
    'failed': {str(k): v for k, v in progress.failed.items()},
    'wall_seconds': seconds,
    'made_on': _made_on(carry),
  }


def from_meta(step: int, meta: dict[str, Any], config: Plain) -> Progress:
  """The inverse of `to_meta`.

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
  """How the members of a checkpoint were carried."""
  made_on = meta['made_on']
  # Checkpoints from before there was a choice do not say.
  return Carry(
    made_on.get('carry', 'one_by_one'),
    made_on.get('width', 1),
    made_on.get('devices', 1),
  )


def warn_of_move(meta: dict[str, Any], carry: Carry) -> None:
  """Warns if a run that goes on from a checkpoint may not keep its bits."""
  there = meta['made_on'] | _named(carried(meta))
  here = _made_on(carry)
  for name, value in there.items():
    if value != here.get(name):
      _log.warning(
        'the run was on %s %s and goes on on %s: its results may differ in'
        ' their last bits from those of an unbroken run',
        name,
        value,
        here.get(name),
      )


def _named(carry: Carry) -> dict[str, str | int]:
  return {'carry': carry.how, 'width': carry.width, 'devices': carry.devices}


def _made_on(carry: Carry) -> dict[str, str | int]:
  """What the bits of a run depend on besides its config."""
  cores = usable_cores() if jax.default_backend() == 'cpu' else 0
  return {
    'jax': jax.__version__,
    'jaxlib': jaxlib.__version__,
    'cores': cores,
    'processor': platform.machine(),
    'device': jax.devices()[0].device_kind,
    'device_count': jax.device_count(),
    **_named(carry),
  }
