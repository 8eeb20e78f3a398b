"""Digests of the runs that a ticket comes from; `None` where they are gone."""

import contextlib
import pathlib
from collections.abc import Mapping
from typing import Any

from jaxsparse import storage
from jaxsparse.config.dicts import flat
from jaxsparse.runs import sources
from jaxsparse.runs import workdir as workdir_lib
from jaxsparse.tickets import digests
from jaxsparse.training.checkpoints import load_params


def start_step(fields: Mapping[str, Any]) -> int:
  """Returns the first step of a run, from its config by dotted field."""
  return fields.get('init.start_step') or 0


def init_digest(root: pathlib.Path, fields: Mapping[str, Any]) -> str | None:
  """Returns the digest of the weights that were drawn, from which others come.

  Args:
    root: of a run; its `init.checkpoint` is followed to the run that drew.
    fields: the config of the run, by dotted field.
  """
  with contextlib.suppress(ValueError):
    while source := fields['init.checkpoint']:
      root = _path(root, source)
      fields = flat(workdir_lib.read_config(root))
    params, masks = load_params(root, step=start_step(fields))
    return digests.of_tree(digests.of_weights(params, masks))
  return None


def parent_mask_digest(
  root: pathlib.Path, fields: Mapping[str, Any]
) -> str | None:
  """Returns the digest of the masks of `init.masks` at `init.masks_step`."""
  with contextlib.suppress(ValueError):
    source = _path(root, fields['init.masks'])
    _, masks = load_params(source, step=fields['init.masks_step'])
    return digests.of_tree(digests.of_leaves(masks))
  return None


def _path(root: pathlib.Path, source: str) -> pathlib.Path:
  """Returns the path of a source, of several the first: masks are the same."""
  return storage.absolute(sources.paths_of(source, root)[0])
