"""Where a run begins: fresh, from a checkpoint of another, or its own."""

from typing import Any

import jax

from jaxsparse.core import masks as masks_lib
from jaxsparse.core.types import Masks, Params
from jaxsparse.data.datasets import Split
from jaxsparse.experiments.build import Experiment
from jaxsparse.experiments.compiled import Compiled
from jaxsparse.experiments.resolve import Plain
from jaxsparse.training.checkpoints.bare import check_like, load_params
from jaxsparse.training.loop import Progress
from jaxsparse.training.state import TrainState


def check_initial(experiment: Experiment) -> None:
  """Raises, before anything compiles, if `init.checkpoint` does not fit."""
  if experiment.config['init']['checkpoint']:
    _given(experiment)


def fresh_state(
  experiment: Experiment, program: Compiled, data: Split, replicate: int
) -> TrainState:
  """The state of a replicate at step 0.

  With `init.checkpoint`, params are the checkpoint's. Its masks are taken too
  if they are sparse and the method keeps each leaf's count; another method
  starts from its zeros as from ordinary weights.
  """
  params, masks = None, None
  if experiment.config['init']['checkpoint']:
    params, masks = _given(experiment)
  state = program.init(
    experiment.members[replicate],
    data,
    experiment.batches(replicate, 0, 1),
    params,
    masks,
  )
  # What a program returns is committed to its device, and a program compiles
  # anew for arguments that are not.
  return jax.tree.map(lambda x: jax.device_put(x, x.sharding), state)


def _given(experiment: Experiment) -> tuple[Params, Masks | None]:
  source = experiment.config['init']['checkpoint']
  try:
    params, masks = load_params(source)
    check_like(params, experiment.params, source)
  except ValueError as error:
    raise ValueError(f'config.init.checkpoint: {error}') from None
  updater = experiment.recipe.updater(experiment.members[0])
  if masks is None or updater.invariant not in ('per_leaf', 'total'):
    return params, None
  active = masks_lib.active_by_path(masks)
  if active == masks_lib.sizes_by_path(masks):
    return params, None
  _check_counts(active, experiment.target_counts, source)
  return params, masks


def _check_counts(
  active: dict[str, int], wanted: dict[str, int], source: str
) -> None:
  for path in sorted(active.keys() | wanted.keys()):
    if active.get(path) != wanted.get(path):
      raise ValueError(
        f'config.init.checkpoint: {source} holds {active.get(path)} active'
        f' weights at {path!r}; config.updater asks for {wanted.get(path)}'
      )


def to_meta(
  progress: Progress, digest: str, config: Plain, seconds: float
) -> dict[str, Any]:
  """What a checkpoint carries besides the states."""
  return {
    'digest': digest,
    'config': config,
    'meters': [list(meter) for meter in progress.meters],
    'failed': {str(k): v for k, v in progress.failed.items()},
    'wall_seconds': seconds,
  }


def from_meta(step: int, meta: dict[str, Any]) -> Progress:
  """The inverse of `to_meta`."""
  return Progress(
    step,
    [list(meter) for meter in meta['meters']],
    {int(k): v for k, v in meta['failed'].items()},
  )
