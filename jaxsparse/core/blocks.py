"""Kernels as blocks of weights that are active as one.

A leaf is split into rows, a block each. One block may be cut short, so that a
mask has any count: the lowest that is active.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import fans
from jaxsparse.core.topk import topk_mask
from jaxsparse.core.types import Path, Shape


class Blocks(NamedTuple):
  """How leaves are made of blocks.

  Attributes:
    split: `(path, leaf)`: the leaf as `[blocks, weights of a block]`.
    join: `(path, blocks, shape)`: the inverse, a leaf of that shape.
  """

  split: Callable[[Path, Array], Array]
  join: Callable[[Path, Array, Shape], Array]


def tiles(height: int, width: int) -> Blocks:
  """Blocks over the last two axes, see `structures.block`."""

  def split(path: Path, leaf: Array) -> Array:
    sides = _sides(path, leaf.shape, height, width)
    apart = jnp.swapaxes(leaf.reshape(-1, *sides), 2, 3)
    return apart.reshape(-1, height * width)

  def join(path: Path, blocks: Array, shape: Shape) -> Array:
    down, _, across, _ = _sides(path, shape, height, width)
    apart = blocks.reshape(-1, down, across, height, width)
    return jnp.swapaxes(apart, 2, 3).reshape(shape)

  return Blocks(split, join)


def slices(axes: fans.Rule) -> Blocks:
  """All taps of one input and one output unit, see `structures.kernel_slice`.

  Args:
    axes: input and output axes of each leaf; all others are of taps.
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
  """`held`, less the blocks of lowest score.

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
  """`held`, and blocks beside it by their mean; the last is cut to the count.

  There are no more blocks than the count makes, unless `held` has more. What
  they have no room for goes to the blocks that `held` fills in part, by their
  mean as well, each filled before the next.

  Args:
    held: bool `[blocks, n]`.
    scores: floating, of the same shape.
    count: int32 scalar, weights in all.
  """
  size = held.shape[1]
  means = jnp.mean(scores, axis=1)
  there = jnp.any(held, axis=1)
  more = (count + size - 1) // size - jnp.sum(there, dtype=jnp.int32)
  come = topk_mask(means, jnp.maximum(more, 0), where=~there)
  before = topk_mask(means, jnp.maximum(more - 1, 0), where=~there)
  whole = held | before[:, None]
  room = (there | come)[:, None] & ~whole
  # The last new block comes before the rest, whatever its mean.
  rank = jnp.where(come, jnp.inf, means)[:, None]
  missing = count - jnp.sum(whole, dtype=jnp.int32)
  ranked = jnp.broadcast_to(rank, held.shape)
  return whole | topk_mask(ranked, missing, where=room)


class _Sides(NamedTuple):
  """Blocks along the last two axes: how many, and how long."""

  down: int
  height: int
  across: int
  width: int


def _sides(path: Path, shape: Shape, height: int, width: int) -> _Sides:
  if len(shape) < 2 or shape[-2] % height or shape[-1] % width:
    raise ValueError(
      f'{path!r} of shape {shape} is not made of blocks of {height} x {width}'
      ' over its last two axes'
    )
  return _Sides(shape[-2] // height, height, shape[-1] // width, width)


def _taps(rule: fans.Rule, path: Path, shape: Shape) -> tuple[int, ...]:
  """The axes that are neither of input nor of output units."""
  found = fans.find(rule, path, shape)
  units = {*found.in_axes, *found.out_axes}
  return tuple(axis for axis in range(len(shape)) if axis not in units)


def _last(axes: tuple[int, ...]) -> tuple[int, ...]:
  return tuple(range(-len(axes), 0))
