"""Initial weights and masks from other runs.

With P a run that pruned, the section `init` can start a run from:

- `checkpoint` P: P's weights under P's masks, to continue after pruning;
- `checkpoint` P, `checkpoint_step` 0, `masks` P: the lottery ticket;
- `masks` P: P's masks, weights drawn with the run's own seed;
- `masks` P, `shuffle_masks`: as many weights of each layer, at random
  positions;
- `signs` P: the weights are drawn, and get the signs of P's.

Layers have the counts of the section `updater`, which the masks must match,
or, with `counts` 'masks', those of the masks, of which the sum must match.
"""

import contextlib
import os
import pathlib
from typing import NamedTuple

import jax

from jaxsparse.config.run_config import BESIDE, SOURCES, InitConfig
from jaxsparse.core import masks as masks_lib
from jaxsparse.core.types import Facts, Masks, Params, Path
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.runs.build import Experiment
from jaxsparse.runs.checks import KEEP_COUNTS
from jaxsparse.training.checkpoints.bare import (
  check_like,
  fingerprint,
  load_params,
)


class Initial(NamedTuple):
  """What a run starts from; `None` where it makes its own.

  Attributes:
    params: weights.
    masks: masks.
    signs: weights of which the signs are taken.
  """

  params: Params | None = None
  masks: Masks | None = None
  signs: Params | None = None


ITS_OWN = Initial()


def load(
  experiment: Experiment, workdir: str | os.PathLike[str] | None = None
) -> Initial:
  """Loads params, masks and signs of the section `init`.

  Masks of `init.masks` must fit. Those of `init.checkpoint` are taken, where
  there is no `init.masks`, if they are sparse and the method keeps their
  counts; another method starts from its zeros as from ordinary weights.

  Args:
    experiment: the run.
    workdir: of the run, begun or not; the run of 'run:NAME' is beside it.

  Raises:
    ValueError: there is no good checkpoint, it does not fit the config, or
      there are no masks whose counts could be taken.
  """
  init = experiment.config.init
  params = masks = signs = None
  if init.signs:
    signs, _ = _load(experiment, workdir, 'signs')
  if init.checkpoint:
    params, masks = _load(experiment, workdir, 'checkpoint')
    if init.masks or not _takes(experiment, masks):
      masks = None
  if init.masks:
    _, masks = _load(experiment, workdir, 'masks')
    if masks is None:
      raise ValueError(f'config.init.masks: {init.masks} holds no masks')
  if masks is None and init.counts == 'masks':
    raise ValueError(
      f"config.init.counts: got 'masks', and {init.checkpoint} holds none"
      ' with fewer weights than there are; accepted with it is updater'
    )
  if masks is not None:
    field = 'masks' if init.masks else 'checkpoint'
    _check_counts(experiment, masks, field)
  return Initial(params, masks, signs)


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
      with contextlib.suppress(ValueError):
        path, step = _path(source, workdir), getattr(init, f'{field}_step')
        digests[field] = fingerprint(path, step=step)
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
    params, masks = load_params(
      _path(source, workdir), step=getattr(init, f'{field}_step')
    )
    check_like(params, experiment.params, source)
  except ValueError as error:
    raise ValueError(f'config.init.{field}: {error}') from None
  return jax.tree.map(
    lambda like, p: p.astype(like.dtype), experiment.params, params
  ), masks


def _path(source: str, workdir: str | os.PathLike[str] | None) -> str:
  """Returns the path of a source."""
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


def _facts(experiment: Experiment) -> Facts:
  return experiment.recipe.updater(experiment.member).facts


def _takes(experiment: Experiment, masks: Masks | None) -> bool:
  """Returns whether the run keeps the masks of its initial weights."""
  facts = _facts(experiment)
  keeps = facts.invariant in KEEP_COUNTS and not facts.scores_at_init
  if masks is None or not keeps:
    return False
  return masks_lib.active_by_path(masks) != masks_lib.sizes_by_path(masks)


def _check_counts(experiment: Experiment, masks: Masks, field: str) -> None:
  """Raises `ValueError` unless masks have the run's leaves and counts."""
  source = getattr(experiment.config.init, field)
  active, expected = masks_lib.active_by_path(masks), experiment.target_counts
  same_leaves = active.keys() == expected.keys()
  if same_leaves and _facts(experiment).invariant == 'total':
    active, expected = _total(active), _total(expected)
  for path in sorted(active.keys() | expected.keys()):
    if active.get(path) != expected.get(path):
      raise ValueError(
        f'config.init.{field}: {source} holds {active.get(path)} active'
        f' weights at {path!r}; config.updater asks for {expected.get(path)}'
      )


def _total(counts: dict[Path, int]) -> dict[Path, int]:
  return {'all': sum(counts.values())}
