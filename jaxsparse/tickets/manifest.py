"""The manifest of a ticket, read from the workdir of its run.

Digests are of active weights and of masks, leaf by leaf, so that those of an
exported ticket are equal.
"""

import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from jaxsparse import storage
from jaxsparse.config import identity
from jaxsparse.config.dicts import flat
from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths
from jaxsparse.core.types import Masks, Params, Path, Shape
from jaxsparse.results.names import is_number
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.tickets import digests, lineage
from jaxsparse.training.checkpoints import load_params

# Another part writes it once a ticket is judged.
VERDICT = 'verdict.json'
_METRICS = ('test_', 'validation_')
StrPath = str | os.PathLike[str]


@dataclasses.dataclass(frozen=True)
class Leaf:
  """One leaf of a ticket.

  Attributes:
    shape: of the leaf.
    mask: digest of its mask; `None` where it has none.
    active: number of its active weights; `None` where it has no mask.
    weights: digest of its initial weights, 0 outside the mask.
  """

  shape: Shape
  mask: str | None
  active: int | None
  weights: str


@dataclasses.dataclass(frozen=True)
class Manifest:
  """What identifies a ticket, and what is known of it.

  Attributes:
    name: of its workdir.
    model: name of the model.
    hyperparameters: of the model.
    leaves: by path.
    init_digest: of the first weights of the run from which the initial weights
      come, or of this run, if it drew them; `None` if that run is gone.
    start_step: the step of the initial weights.
    rewind_digest: of the initial weights.
    mask_digest: of all masks.
    active_weights: number of active weights of all masked leaves.
    total_weights: number of all weights of these leaves.
    density: the first divided by the second, in (0, 1].
    config_digest: of the config of the run.
    recipe: the fields of the config that differ from the defaults.
    level: number of pruning rounds, `pruning.level`; 0 for masks that were
      taken as they were.
    parent: the run that the masks come from, as the config names it.
    parent_mask_digest: of that run's masks; `None` if it is gone.
    metrics: the summary's numbers on the test and validation splits.
    verdict: the content of `verdict.json`; `None` before there is one.
  """

  name: str
  model: str
  hyperparameters: dict[str, Any]
  leaves: dict[Path, Leaf]
  init_digest: str | None
  start_step: int
  rewind_digest: str
  mask_digest: str
  active_weights: int
  total_weights: int
  density: float
  config_digest: str
  recipe: dict[str, Any]
  level: int
  parent: str
  parent_mask_digest: str | None
  metrics: dict[str, float]
  verdict: dict[str, Any] | None = None


def manifest(workdir: StrPath) -> Manifest:
  """Returns the manifest of the ticket in a workdir; writes nothing.

  Raises:
    ValueError: there is no finished run, it is no ticket, or a file of it
      cannot be read.
  """
  root = storage.absolute(workdir)
  if (summary := workdir_lib.finished(root)) is None:
    raise ValueError(f'{root} is no finished run; accepted is its workdir')
  stored = workdir_lib.read_config(root)
  fields = flat(stored)
  if not is_ticket(fields):
    raise ValueError(
      f'{root} is no ticket; accepted is a run of updater.name=static with'
      ' init.masks'
    )
  leaves = _leaves(root, lineage.start_step(fields))
  masked = [leaf for leaf in leaves.values() if leaf.mask]
  active = sum(leaf.active or 0 for leaf in masked)
  total = sum(math.prod(leaf.shape) for leaf in masked)
  return Manifest(
    name=root.name,
    model=fields['model.name'],
    hyperparameters={k: v for k, v in stored['model'].items() if k != 'name'},
    leaves=leaves,
    init_digest=lineage.init_digest(root, fields),
    start_step=lineage.start_step(fields),
    rewind_digest=digests.of_tree(
      {path: leaf.weights for path, leaf in leaves.items()}
    ),
    mask_digest=digests.of_tree(
      {path: leaf.mask for path, leaf in leaves.items() if leaf.mask}
    ),
    active_weights=active,
    total_weights=total,
    density=active / total,
    config_digest=summary['config_digest'],
    recipe=identity.changed(fields),
    level=fields.get('pruning.level', 0),
    parent=fields['init.masks'],
    parent_mask_digest=lineage.parent_mask_digest(root, fields),
    metrics={
      name: value
      for name, value in summary.items()
      if name.startswith(_METRICS) and is_number(value)
    },
    verdict=_verdict(root),
  )


def is_ticket(fields: Mapping[str, Any]) -> bool:
  """Returns whether a config, by dotted field, is that of a ticket."""
  return fields.get('updater.name') == 'static' and bool(
    fields.get('init.masks')
  )


def leaves_of(params: Params, masks: Masks | None) -> dict[Path, Leaf]:
  """Returns shape, count and digests of each leaf, by path."""
  weights = digests.of_weights(params, masks)
  mask_digests = digests.of_leaves(masks)
  active = masks_lib.active_by_path(masks)
  return {
    path: Leaf(
      shape=tuple(leaf.shape),
      mask=mask_digests.get(path),
      active=active.get(path),
      weights=weights[path],
    )
    for path, leaf in paths.flatten(params).items()
  }


def _leaves(root: pathlib.Path, step: int) -> dict[Path, Leaf]:
  params, masks = load_params(root, step=step)
  if masks is None:
    raise ValueError(f'{root} holds no masks at step {step}')
  return leaves_of(params, masks)


def _verdict(root: pathlib.Path) -> dict[str, Any] | None:
  path = root / VERDICT
  if not path.exists():
    return None
  try:
    return dict(json.loads(path.read_text('utf-8')))
  except (OSError, TypeError, ValueError) as error:
    raise ValueError(f'{path} cannot be read: {error}') from None
