"""Initial weights and masks from other runs.

With P a run that pruned, the section `init` can start a run from:

- `checkpoint` P: P's weights under P's masks, to continue after pruning;
- `checkpoint` P, `checkpoint_step` 0, `masks` P: the lottery ticket;
- `masks` P: P's masks, weights drawn with the run's own seed;
- `masks` P, `shuffle_masks`: as many weights of each layer, at random
  positions;
- `masks` P, and a `level` in the section `pruning`: P's masks, cut by its
  weights;
- `signs` P: the weights are drawn, and get the signs of P's;
- `masks` P, and `transplant`: P's masks, for weights whose training leads to
  the net `align_to`, with the units permuted as those of `align_from` match it.

Several runs beside this one, with commas between, are the mean of their
weights; they must have the same masks.

Layers have the counts of the section `updater`, which the masks must match,
or, with `counts` 'masks', those of the masks, of which the sum must match.
"""

import contextlib
import os
import pathlib
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse import storage
from jaxsparse.config.run_config import BESIDE, SOURCES, InitConfig
from jaxsparse.core import masks as masks_lib
from jaxsparse.core import rounds
from jaxsparse.core.types import Masks, Params, Path, PyTree
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.checks import KEEP_COUNTS
from jaxsparse.runs.targets import rates_of_layers
from jaxsparse.training import processes
from jaxsparse.training.checkpoints import states
from jaxsparse.training.checkpoints.bare import (
  check_like,
  fingerprint,
  load_params,
)
from jaxsparse.training.state import TrainState


class Initial(NamedTuple):
  """What a run starts from; `None` where it makes its own.

  Attributes:
    params: weights.
    masks: masks.
    signs: weights of which the signs are taken.
    model_state: the model's statistics.
    opt_state: the state of the optimiser.
    ranked: weights by which the masks are cut.
    dense: the nets whose units the masks go by, and are to go by.
  """

  params: Params | None = None
  masks: Masks | None = None
  signs: Params | None = None
  model_state: PyTree | None = None
  opt_state: PyTree | None = None
  ranked: Params | None = None
  dense: tuple[Params, Params] | None = None


ITS_OWN = Initial()


def load(
  experiment: Experiment,
  workdir: str | os.PathLike[str] | None = None,
  abstract: TrainState | None = None,
) -> Initial:
  """Loads params, masks and signs of the section `init`, on this process.

  Each of several processes reads by itself, and all must call it. Masks of
  `init.masks` must fit. Those of `init.checkpoint` are taken, where there is no
  `init.masks`, if they are sparse and the method keeps their counts; another
  method starts from its zeros as from ordinary weights.

  Args:
    experiment: the run.
    workdir: of the run, begun or not; the run of 'run:NAME' is beside it.
    abstract: of the run's state; without it statistics and the state of the
      optimiser are not loaded.

  Raises:
    ValueError: there is no good checkpoint, it does not fit the config, or
      there are no masks whose counts could be taken; in any process.
  """
  return processes.in_all(lambda: _loaded(experiment, workdir, abstract))


def _loaded(
  experiment: Experiment,
  workdir: str | os.PathLike[str] | None,
  abstract: TrainState | None,
) -> Initial:
  init, anchors = experiment.config.init, experiment.config.anchors
  if anchors.runs and anchors.runs != 'start':
    _anchors(anchors.runs, workdir)
  params = masks = signs = ranked = None
  if init.signs:
    signs, _ = _load(experiment, workdir, 'signs')
  if init.checkpoint:
    params, masks = _load(experiment, workdir, 'checkpoint')
    if init.masks or not _takes(experiment, masks):
      masks = None
  if init.masks:
    ranked, masks = _load(experiment, workdir, 'masks')
    if masks is None:
      raise ValueError(f'config.init.masks: {init.masks} holds no masks')
  if masks is None and init.counts == 'masks':
    raise ValueError(
      f"config.init.counts: got 'masks', and {init.checkpoint} holds none"
      ' with fewer weights than there are; accepted with it is updater'
    )
  dense = None
  if init.transplant:
    dense = tuple(
      _load(experiment, workdir, field)[0]
      for field in ('align_from', 'align_to')
    )
  if masks is not None:
    field = 'masks' if init.masks else 'checkpoint'
    _check_counts(experiment, masks, field)
  return Initial(
    params,
    masks,
    signs,
    **_states(init, workdir, abstract),
    ranked=ranked if experiment.config.pruning.level else None,
    dense=dense,
  )


def fingerprints(
  init: InitConfig, workdir: str | os.PathLike[str] | None
) -> dict[str, str]:
  """Returns the current fingerprints of the sources, by field of `init`.

  A source that is gone, is not finished or cannot be read is left out: a run
  that has begun does not need it.

  Args:
    init: the section of a config.
    workdir: as for `load`.
  """
  digests = {}
  for field in SOURCES:
    if source := getattr(init, field):
      step = getattr(init, f'{field}_step')
      with contextlib.suppress(ValueError):
        digests[field] = ' and '.join(
          fingerprint(path, step=step) for path in paths_of(source, workdir)
        )
  return digests


def _load(
  experiment: Experiment,
  workdir: str | os.PathLike[str] | None,
  field: str,
) -> tuple[Params, Masks | None]:
  """Loads params and masks of one source, which must be of the same model."""
  init = experiment.config.init
  source = getattr(init, field)
  try:
    loaded = [
      load_params(path, step=getattr(init, f'{field}_step'))
      for path in paths_of(source, workdir)
    ]
    for params, masks in loaded:
      check_like(params, experiment.params, source)
      _check_same(loaded[0][1], masks, source)
  except ValueError as error:
    raise ValueError(f'config.init.{field}: {error}') from None
  return jax.tree.map(
    lambda like, *p: (
      (sum(p[1:], start=p[0]) / len(p)).astype(like.dtype)
      if len(p) > 1
      else p[0].astype(like.dtype)
    ),
    experiment.params,
    *(params for params, _ in loaded),
  ), loaded[0][1]


def _check_same(masks: Masks | None, other: Masks | None, source: str) -> None:
  """Raises `ValueError` unless runs whose mean is taken have the same masks."""
  same = jax.tree.map(lambda a, b: bool(jnp.all(a == b)), masks, other)
  if not all(jax.tree.leaves(same)):
    raise ValueError(
      f'{source} have masks that differ; accepted are runs of the same masks'
    )


def _states(
  init: InitConfig,
  workdir: str | os.PathLike[str] | None,
  abstract: TrainState | None,
) -> dict[str, PyTree]:
  """Loads the parts of the state of `init.checkpoint` that `init` names."""
  parts = {
    'model_state': init.with_statistics,
    'opt_state': init.with_optimizer,
  }
  names = [name for name, named in parts.items() if named]
  if abstract is None or not names:
    return {}
  try:
    path, *more_paths = paths_of(init.checkpoint, workdir)
    if more_paths:
      raise ValueError(f'{init.checkpoint} are several runs; accepted is one')
    steps = storage.absolute(path) / workdir_lib.CHECKPOINTS
    step = init.checkpoint_step
    if step is None:
      step = max(states.kept_steps(steps), default=0)
    unread = jax.tree.map(lambda _: ..., abstract)
    target = unread._replace(
      **{name: _undivided(getattr(abstract, name)) for name in names}
    )
    state = states.read_step(steps, step, target)
  except ValueError as error:
    raise ValueError(f'config.init.checkpoint: {error}') from None
  return {name: getattr(state, name) for name in names}


def _undivided(abstract: PyTree) -> PyTree:
  """Returns abstract leaves that are of no other process or device."""
  return jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), abstract
  )


def weights(
  experiment: Experiment, runs: str, workdir: str | os.PathLike[str] | None
) -> list[Params]:
  """Loads the last weights of the runs of the section `anchors`, as `load`.

  Args:
    experiment: the run.
    runs: a path, or runs beside the workdir with commas between.
    workdir: as for `load`.

  Raises:
    ValueError: a run has no good checkpoint, or is of another model.
  """

  def read() -> list[Params]:
    nets = []
    for path in _anchors(runs, workdir):
      params, _ = load_params(path)
      check_like(params, experiment.params, path)
      nets.append(params)
    return nets

  return processes.in_all(read)


def _anchors(runs: str, workdir: str | os.PathLike[str] | None) -> list[str]:
  try:
    return paths_of(runs, workdir)
  except ValueError as error:
    raise ValueError(f'config.anchors.runs: {error}') from None


def paths_of(source: str, workdir: str | os.PathLike[str] | None) -> list[str]:
  """Returns the path of a source, or those of several, with commas between.

  Args:
    source: a path, or 'run:NAME' and perhaps more of these.
    workdir: as for `load`.

  Raises:
    ValueError: a run beside the workdir is missing or not finished.
  """
  if not source.startswith(BESIDE):
    return [source]
  return [_path(one, workdir) for one in source.split(',')]


def _path(source: str, workdir: str | os.PathLike[str] | None) -> str:
  """Returns the path of the run of 'run:NAME'."""
  name = source.removeprefix(BESIDE)
  if name == '..' or not name or pathlib.PurePath(name).name != name:
    raise ValueError(f'got {source!r}; accepted is {BESIDE} and a directory')
  if not workdir:
    raise ValueError(f'{source!r} is beside the workdir, and none is given')
  path = storage.absolute(workdir).parent / name
  if workdir_lib.finished(path) is None:
    raise ValueError(f'{path} is no finished run')
  return str(path)


def ranking(experiment: Experiment) -> dict[str, Any]:
  """Returns which layers the section `pruning` ranks together, for `cut`."""
  pruning = experiment.config.pruning
  apart = rates_of_layers(pruning, experiment.params)
  return {'by_layer': pruning.scope == 'layer', 'apart': tuple(apart)}


def _takes(experiment: Experiment, masks: Masks | None) -> bool:
  """Returns whether the run keeps the masks of its initial weights."""
  facts = experiment.updater.facts
  keeps = facts.invariant in KEEP_COUNTS and not facts.scores_at_init
  if masks is None or not keeps:
    return False
  return masks_lib.active_by_path(masks) != masks_lib.sizes_by_path(masks)


def _check_counts(experiment: Experiment, masks: Masks, field: str) -> None:
  """Raises `ValueError` unless masks have the run's leaves and counts."""
  source = getattr(experiment.config.init, field)
  if experiment.config.pruning.level:
    try:
      rounds.check_enough(masks, experiment.counts, **ranking(experiment))
    except ValueError as error:
      raise ValueError(f'config.init.{field}: {source}: {error}') from None
    return
  active, expected = masks_lib.active_by_path(masks), experiment.target_counts
  same_leaves = active.keys() == expected.keys()
  if same_leaves and experiment.updater.facts.invariant == 'total':
    active, expected = _total(active), _total(expected)
  for path in sorted(active.keys() | expected.keys()):
    if active.get(path) != expected.get(path):
      raise ValueError(
        f'config.init.{field}: {source} holds {active.get(path)} active'
        f' weights at {path!r}; config.updater asks for {expected.get(path)}'
      )


def _total(counts: dict[Path, int]) -> dict[Path, int]:
  return {'all': sum(counts.values())}
