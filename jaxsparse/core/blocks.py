"""Splits kernels into blocks of weights that are active together.

A leaf is split into rows, a block each. The lowest active block may be cut
short, so that a mask can have any count.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxsparse.core import fans
from jaxsparse.core.topk import topk_mask
from jaxsparse.core.types import Path, Shape


class Blocks(NamedTuple):
  """The functions that split a leaf into blocks and join them.

  Attributes:
    split: `(path, leaf)`: the leaf as `[blocks, weights of a block]`.
    join: `(path, blocks, shape)`: the inverse, a leaf of that shape.
  """

  split: Callable[[Path, Array], Array]
  join: Callable[[Path, Array, Shape], Array]


def tiles(height: int, width: int, axes: fans.Rule) -> Blocks:
  """Returns blocks of input and output units, see `structures.block`.

  Args:
    height: of a block, in input units.
    width: likewise, in output units.
    axes: input and output axes of each leaf.
  """

  def split(path: Path, leaf: Array) -> Array:
    order, sides = _sides(path, leaf.shape, height, width, axes)
    apart = jnp.transpose(leaf, order).reshape(-1, *sides)
    return jnp.swapaxes(apart, 2, 3).reshape(-1, height * width)

  def join(path: Path, blocks: Array, shape: Shape) -> Array:
    order, (down, _, across, _) = _sides(path, shape, height, width, axes)
    apart = blocks.reshape(-1, down, across, height, width)
    moved = jnp.swapaxes(apart, 2, 3).reshape([shape[a] for a in order])
    return jnp.transpose(moved, np.argsort(order).tolist())

  return Blocks(split, join)


def slices(axes: fans.Rule) -> Blocks:
  """Returns blocks of all taps of one input and output unit.

  Args:
    axes: input and output axes of each leaf; all others are of taps. See
      `structures.kernel_slice`.
  """

  def split(path: Path, leaf: Array) -> Array:
    taps = _taps(axes, path, leaf.shape)
    moved = jnp.moveaxis(leaf, taps, _last(taps))
    return moved.reshape(-1, math.prod(leaf.shape[axis] for axis in taps))

  def join(path: Path, blocks: Array, shape: Shape) -> Array:
    taps = _taps(axes, path, shape)
    units = [n for axis, n in enumerate(shape) if axis not in taps]
    moved = blocks.reshape(*units, *(shape[axis] for axis in taps))
    return jnp.moveaxis(moved, _last(taps), taps)

  return Blocks(split, join)


def keep(held: Array, scores: Array, dropped: Array) -> Array:
  """Drops the blocks of lowest score from `held`.

  Args:
    held: bool `[blocks, n]`.
    scores: floating, of the same shape; read where `held` is True.
    dropped: int32 scalar, weights, rounded down to whole blocks.
  """
  active = jnp.any(held, axis=1)
  sums = jnp.sum(jnp.where(held, scores, 0), axis=1)
  stay = jnp.sum(active, dtype=jnp.int32) - dropped // held.shape[1]
  return held & topk_mask(sums, stay, where=active)[:, None]


def fill(held: Array, scores: Array, count: Array) -> Array:
  """Adds the blocks of highest mean score to `held`, up to `count` weights.

  The last block is cut to the count. There are at most ceil(count / n) blocks,
  unless `held` has more. Weights for which the new blocks have no room go to
  the blocks that `held` fills in part, by their mean as well, each filled
  before the next.

  Args:
    held: bool `[blocks, n]`.
    scores: floating, of the same shape.
    count: int32 scalar, weights in all.
  """
  size = held.shape[1]
  means = jnp.mean(scores, axis=1)
  active = jnp.any(held, axis=1)
  added = (count + size - 1) // size - jnp.sum(active, dtype=jnp.int32)
  come = topk_mask(means, jnp.maximum(added, 0), where=~active)
  before = topk_mask(means, jnp.maximum(added - 1, 0), where=~active)
  filled = held | before[:, None]
  room = (active | come)[:, None] & ~filled
  # The last new block comes before the rest, whatever its mean.
  rank = jnp.where(come, jnp.inf, means)[:, None]
  missing = count - jnp.sum(filled, dtype=jnp.int32)
  ranked = jnp.broadcast_to(rank, held.shape)
  return filled | topk_mask(ranked, missing, where=room)


class _Sides(NamedTuple):
  """The number and length of blocks along the inputs and the outputs."""

  down: int
  height: int
  across: int
  width: int


def _sides(
  path: Path, shape: Shape, height: int, width: int, rule: fans.Rule
) -> tuple[tuple[int, ...], _Sides]:
  """Returns the axes, ordered taps, inputs, outputs, and the block sides."""
  unit_axes = fans.find(rule, path, shape)
  layers = {*unit_axes.in_axes} & {*unit_axes.out_axes}
  inputs, outputs = (
    [axis for axis in axes if axis not in layers] for axes in unit_axes[:2]
  )
  rest = [a for a in range(len(shape)) if a not in {*inputs, *outputs}]
  down, across = (
    math.prod(shape[a] for a in axes) for axes in (inputs, outputs)
  )
  if down % height or across % width:
    raise ValueError(
      f'{path!r} of shape {shape} is not made of blocks of {height} x {width}:'
      f' it has {down} inputs and {across} outputs'
    )
  sides = _Sides(down // height, height, across // width, width)
  return (*rest, *inputs, *outputs), sides


def _taps(rule: fans.Rule, path: Path, shape: Shape) -> tuple[int, ...]:
  """Returns the axes that are of neither input nor output units."""
  unit_axes = fans.find(rule, path, shape)
  units = {*unit_axes.in_axes, *unit_axes.out_axes}
  return tuple(axis for axis in range(len(shape)) if axis not in units)


def _last(axes: tuple[int, ...]) -> tuple[int, ...]:
  return tuple(range(-len(axes), 0))
