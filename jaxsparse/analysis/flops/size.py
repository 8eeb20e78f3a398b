"""How many bytes a sparse network takes."""

import math
from collections.abc import Callable
from typing import Any

import jax

from jaxsparse.analysis.flops.active import active_weights
from jaxsparse.core.masks import map_masks_with_path
from jaxsparse.core.types import Counts, Masks, Params, Path


def bitmask_bytes(params: Params, counts: Counts | Masks) -> int:
  """Bytes with active weights as they are and a bit for each position.

  As Evci et al. 2020, "Rigging the Lottery", count: a leaf without zeros has
  no bits.

  Args:
    params: arrays or `ShapeDtypeStruct`s; an entry has the bytes of its
      dtype.
    counts: active weights of each leaf, or its mask; `None` where it is dense.

  Raises:
    ValueError: counts or masks that do not fit.
  """
  return _bytes(params, counts, lambda leaf: -(-math.prod(leaf.shape) // 8))


def csr_bytes(
  params: Params,
  counts: Counts | Masks,
  *,
  index_bytes: int = 4,
  row_axis: int = -1,
) -> int:
  """Bytes with each sparse leaf as a matrix of compressed rows (CSR).

  That is active weights, a column index of each, and where each row begins
  and the last ends. A leaf without zeros is stored as it is.

  Args:
    params: as for `bitmask_bytes`.
    counts: likewise.
    index_bytes: of an index.
    row_axis: the axis that has the rows, all others make the columns: that of
      the outputs, last in Flax and first in Equinox.

  Raises:
    ValueError: counts or masks that do not fit.
  """

  def starts(leaf: Any) -> int:
    return index_bytes * (leaf.shape[row_axis] + 1)

  return _bytes(params, counts, starts, index_bytes)


def _bytes(
  params: Params,
  counts: Counts | Masks,
  of_leaf: Callable[[Any], int],
  of_weight: int = 0,
) -> int:
  """Sums what leaves take: `of_leaf` and `of_weight` beside the weights."""

  def dense(leaf: Any) -> int:
    return math.prod(leaf.shape) * leaf.dtype.itemsize

  def sparse(path: Path, leaf: Any, count: Any) -> int:
    active = int(active_weights(path, leaf, count))
    if active == math.prod(leaf.shape):
      return dense(leaf)
    each = leaf.dtype.itemsize + of_weight
    return active * each + of_leaf(leaf)

  found = map_masks_with_path(sparse, params, counts, exempt=dense)
  return sum(jax.tree.leaves(found))
