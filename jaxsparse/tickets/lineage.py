"""Digests of the runs that a ticket comes from; `None` where they are gone."""

import contextlib
import pathlib
from collections.abc import Mapping
from typing import Any

from jaxsparse.config.dicts import flat
from jaxsparse.config.run_config import BESIDE
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.tickets import digests
from jaxsparse.training.checkpoints import load_params


def start_step(config: Mapping[str, Any]) -> int:
  """Returns the first step of a run, from its config by dotted field."""
  return config.get('init.start_step') or 0


def init_digest(root: pathlib.Path, config: Mapping[str, Any]) -> str | None:
  """Returns the digest of the weights that were drawn, from which others come.

  Args:
    root: of a run; its `init.checkpoint` is followed to the run that drew.
    config: of the run, by dotted field.
  """
  with contextlib.suppress(ValueError):
    while source := config['init.checkpoint']:
      root = _path(root, source)
      config = flat(workdir_lib.read_config(root))
    params, masks = load_params(root, step=start_step(config))
    return digests.of_tree(digests.of_weights(params, masks))
  return None


def parent_mask_digest(
  root: pathlib.Path, config: Mapping[str, Any]
) -> str | None:
  """Returns the digest of the masks of `init.masks` at `init.masks_step`."""
  with contextlib.suppress(ValueError):
    source = _path(root, config['init.masks'])
    _, masks = load_params(source, step=config['init.masks_step'])
    return digests.of_tree(digests.of_leaves(masks))
  return None


def _path(root: pathlib.Path, source: str) -> pathlib.Path:
  """Returns the path of a source: absolute, or beside the workdir."""
  return root.parent / source.removeprefix(BESIDE)
