"""The size of a sparse network in bytes.

Params are counted: of a net with BatchNorm its scales and biases, but not its
running statistics. The authors' code of Evci et al. 2020, "Rigging the
Lottery", has no BatchNorm in its sizes, and a bias of each output in every
layer, present or not; `layers_alone` counts like that. That is also the size
of a net whose BatchNorm is folded into the layer before it.
"""

import math
from collections.abc import Callable
from typing import Any

from jaxsparse.analysis.flops.inference import active_weights
from jaxsparse.core import fans, paths
from jaxsparse.core.masks import map_masks_with_path
from jaxsparse.core.types import Counts, Masks, Params, Path, Shape


def bitmask_bytes(
  params: Params,
  counts: Counts | Masks,
  *,
  layers_alone: bool = False,
  axes: fans.Rule = fans.by_name,
) -> int:
  """Counts the bytes of active weights and of a bit for each position.

  As Evci et al. 2020, "Rigging the Lottery", count: a leaf without zeros has
  no bits.

  Args:
    params: arrays or `ShapeDtypeStruct`s; an entry has the bytes of its
      dtype.
    counts: active weights of each leaf, or its mask; `None` where it is dense.
    layers_alone: counts leaves of two axes or more, and of each kernel
      (`core.paths.kernels_of`) a bias for every output: no BatchNorm. By
      default all leaves count, and no others.
    axes: input and output axes of each leaf, by its name unless a rule is
      passed; see `core.fans`.

  Raises:
    ValueError: counts or masks that do not fit, or `axes` does not fit a leaf.
  """

  def bits(path: Path, leaf: Any) -> int:
    del path
    return -(-math.prod(leaf.shape) // 8)

  sizes = _by_leaf(params, counts, bits)
  return _sum(params, sizes, axes if layers_alone else None)


def csr_bytes(
  params: Params,
  counts: Counts | Masks,
  *,
  index_bytes: int = 4,
  layers_alone: bool = False,
  axes: fans.Rule = fans.by_name,
) -> int:
  """Counts the bytes with each sparse leaf as compressed rows (CSR).

  That is active weights, a column index of each, and where each row begins
  and the last ends. A leaf without zeros is stored as it is.

  Args:
    params: as for `bitmask_bytes`.
    counts: likewise.
    index_bytes: of an index.
    layers_alone: as for `bitmask_bytes`.
    axes: as for `bitmask_bytes`. Each output unit has a row; all other axes
      make the columns.

  Raises:
    ValueError: as for `bitmask_bytes`.
  """

  def starts(path: Path, leaf: Any) -> int:
    return index_bytes * (_outputs(axes, path, leaf.shape) + 1)

  sizes = _by_leaf(params, counts, starts, index_bytes)
  return _sum(params, sizes, axes if layers_alone else None)


def _by_leaf(
  params: Params,
  counts: Counts | Masks,
  of_leaf: Callable[[Path, Any], int],
  of_weight: int = 0,
) -> dict[Path, int]:
  """Returns bytes by leaf: `of_leaf` and `of_weight` beside the weights."""

  def dense(leaf: Any) -> int:
    return math.prod(leaf.shape) * leaf.dtype.itemsize

  def sparse(path: Path, leaf: Any, count: Any) -> int:
    active = int(active_weights(path, leaf, count))
    if active == math.prod(leaf.shape):
      return dense(leaf)
    entry_bytes = leaf.dtype.itemsize + of_weight
    return active * entry_bytes + of_leaf(path, leaf)

  sizes = map_masks_with_path(sparse, params, counts, exempt=dense)
  return paths.flatten(sizes)


def _sum(params: Params, found: dict[Path, int], axes: fans.Rule | None) -> int:
  """Sums all leaves; with `axes` layers alone, with a bias for each output."""
  if axes is None:
    return sum(found.values())
  leaves = paths.flatten(params).items()
  is_kernel = paths.kernels_of(params)
  biases = sum(
    _outputs(axes, path, leaf.shape) * leaf.dtype.itemsize
    for path, leaf in leaves
    if is_kernel(path, leaf.shape)
  )
  return biases + sum(found[p] for p, leaf in leaves if len(leaf.shape) > 1)


def _outputs(axes: fans.Rule, path: Path, shape: Shape) -> int:
  """Returns the output units; of a vector, which has no inputs, its entries."""
  if len(shape) < 2:
    return math.prod(shape)
  return fans.units(shape, fans.find(axes, path, shape))[1]
