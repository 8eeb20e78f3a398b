"""Digests of arrays, the same in every file format."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths
from jaxsparse.core.types import Masks, Params, Path

_DIGITS = 12


def of_leaves(tree: Any) -> dict[Path, str]:
  """Returns a digest of shape, dtype and bytes of each leaf, by path."""
  leaves = paths.flatten(jax.device_get(tree))
  return {path: _of_array(np.asarray(leaf)) for path, leaf in leaves.items()}


def of_weights(params: Params, masks: Masks | None) -> dict[Path, str]:
  """Returns the digest of each leaf, of its active weights where masked."""
  if masks is not None:
    params = masks_lib.apply_masks(params, masks)
  return of_leaves(params)


def of_tree(by_leaf: Mapping[Path, str]) -> str:
  """Returns one digest for those of all leaves."""
  return _of_bytes(json.dumps(dict(by_leaf), sort_keys=True).encode())


def _of_array(array: np.ndarray) -> str:
  head = f'{array.dtype} {array.shape} '.encode()
  return _of_bytes(head + np.ascontiguousarray(array).tobytes())


def _of_bytes(content: bytes) -> str:
  return hashlib.sha256(content).hexdigest()[:_DIGITS]
