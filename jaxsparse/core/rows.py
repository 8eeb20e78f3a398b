"""Kernels as rows of output units, and top-k masks with a count per row."""

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import fans
from jaxsparse.core.topk import topk_mask
from jaxsparse.core.types import Shape


def by_unit(leaf: Array, axes: fans.Axes) -> Array:
  """Reshapes a kernel to rows `[units, fan-in]`: the inputs of one unit each.

  Args:
    leaf: of any shape and type.
    axes: from `fans.find`. Axes that are not of output units, taps too, make
      up the fan-in, in their order.
  """
  units = math.prod(leaf.shape[axis] for axis in axes.out_axes)
  return jnp.moveaxis(leaf, axes.out_axes, _first(axes)).reshape(units, -1)


def from_units(rows: Array, shape: Shape, axes: fans.Axes) -> Array:
  """Inverts `by_unit`, for a kernel of `shape`."""
  rest = [axis for axis in range(len(shape)) if axis not in axes.out_axes]
  moved = rows.reshape([shape[axis] for axis in (*axes.out_axes, *rest)])
  return jnp.moveaxis(moved, _first(axes), axes.out_axes)


def _first(axes: fans.Axes) -> tuple[int, ...]:
  return tuple(range(len(axes.out_axes)))


def topk_of_rows(scores: Array, counts: Array, where: Array) -> Array:
  """Masks the highest scores of each row, as `topk.topk_mask` ranks them.

  Args:
    scores: floating, `[rows, n]`.
    counts: int32 `[rows]`, clipped to [0, n].
    where: bool `[rows, n]`; entries where it is False rank last.

  Returns:
    bool `[rows, n]`, with exactly `counts` True in each row.
  """
  return jax.vmap(lambda s, k, w: topk_mask(s, k, where=w))(
    scores, counts, where
  )


def fill(kept: Array, scores: Array, count: Array, stay: Array) -> Array:
  """Adds the highest scores to `kept`, balanced over the rows, up to `count`.

  No row gets more than ceil(count / rows that stay), so where that is a whole
  number all are alike; else the lowest scores of the last round are left out.

  Args:
    kept: bool `[rows, n]`, the active entries; False in rows that do not
      stay. Rows that have more than their part get nothing.
    scores: floating, `[rows, n]`.
    count: int32 scalar, in all, not below the number in `kept`.
    stay: bool `[rows]`, the rows that may have any; enough of them for `count`.

  Returns:
    bool `[rows, n]` with exactly `count` True, all of `kept` among them.
  """
  staying = jnp.maximum(jnp.sum(stay, dtype=jnp.int32), 1)
  part = (count + staying - 1) // staying
  room = jnp.where(stay, part - jnp.sum(kept, axis=1, dtype=jnp.int32), 0)
  eligible = topk_of_rows(scores, jnp.maximum(room, 0), ~kept)
  missing = count - jnp.sum(kept, dtype=jnp.int32)
  return kept | topk_mask(scores, missing, where=eligible)
