"""Where in a kernel active weights may stand together.

A structure is two pure functions of one leaf, so that a method which drops and
grows does so within it: what to keep of a mask, and what to put beside it. A
count is met to the weight by all of them, whether the structure divides it or
not; each says what becomes of the rest. Names: `unstructured`, `n_m` (2:4 and
the like), `constant_fan_in` and `block`.
"""

import math
from typing import NamedTuple, Protocol

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import fans, rows
from jaxsparse.core.topk import topk_mask
from jaxsparse.core.types import Path, Shape


class Keep(Protocol):
  """`(path, scores, mask, dropped)`: `mask`, less some of lowest score.

  `dropped` is an int32 scalar: how many weights go, or as many of them as make
  whole blocks.
  """

  def __call__(
    self, path: Path, scores: Array, mask: Array, dropped: Array
  ) -> Array: ...


class Fill(Protocol):
  """`(path, scores, kept, count)`: `kept`, and what is of highest score beside.

  The mask has exactly `count` active weights, an int32 scalar.
  """

  def __call__(
    self, path: Path, scores: Array, kept: Array, count: Array
  ) -> Array: ...


class Structure(NamedTuple):
  """How the active weights of a leaf may lie.

  Attributes:
    keep: what stays of a mask.
    fill: what comes beside what stays.
  """

  keep: Keep
  fill: Fill


def unstructured() -> Structure:
  """Anywhere."""

  def fill(path: Path, scores: Array, kept: Array, count: Array) -> Array:
    del path
    missing = count - jnp.sum(kept, dtype=jnp.int32)
    return kept | topk_mask(scores, missing, where=~kept)

  return Structure(_keep, fill)


def n_m(m: int, *, axes: fans.Rule = fans.flax) -> Structure:
  """N of every M consecutive inputs of a unit (Mishra et al. 2021).

  N = ceil(count M / size), so that a density of N / M gives N in each group;
  at others some groups have fewer, those whose last scores are lowest.

  Args:
    m: M, at least 1. It must divide the inputs of a unit, which are counted
      tap by tap in convolutions.
    axes: input and output axes of each leaf.

  Raises:
    ValueError: `m` is less than 1. From the functions: it does not divide the
      inputs of a unit; names the leaf.
  """
  if m < 1:
    raise ValueError(f'n_m of {m}; accepted is a group of 1 or more')
  return Structure(_keep, _filler(axes, m))


def constant_fan_in(*, axes: fans.Rule = fans.flax) -> Structure:
  """As many active inputs for every unit of a leaf.

  None has more than ceil(count / units), and fewer than one a unit are missing
  in all.

  Args:
    axes: input and output axes of each leaf.
  """
  return Structure(_keep, _filler(axes, None))


def block(height: int, width: int) -> Structure:
  """Blocks over the last two axes, active as one.

  A block's score is the mean over it. One block is cut short where the count
  is no multiple of its size: the lowest that is active. Drops make whole
  blocks: `dropped` is rounded down to them.

  Args:
    height: of a block, along the last axis but one: inputs of a Flax kernel.
    width: along the last: its outputs.

  Raises:
    ValueError: a side is less than 1. From the functions: a leaf has fewer
      than two axes, or a side does not divide one; names the leaf.
  """
  if height < 1 or width < 1:
    raise ValueError(f'block of {height} x {width}; accepted are sides from 1')
  size = height * width

  def keep(path: Path, scores: Array, mask: Array, dropped: Array) -> Array:
    sides = _sides(path, mask.shape, height, width)
    held = _blocks(mask, sides)
    active = jnp.any(held, axis=1)
    sums = jnp.sum(jnp.where(held, _blocks(scores, sides), 0), axis=1)
    stay = jnp.sum(active, dtype=jnp.int32) - dropped // size
    best = topk_mask(sums, stay, where=active)
    return _from_blocks(held & best[:, None], mask.shape, sides)

  def fill(path: Path, scores: Array, kept: Array, count: Array) -> Array:
    sides = _sides(path, kept.shape, height, width)
    held = _blocks(kept, sides)
    means = jnp.mean(_blocks(scores, sides), axis=1)
    new = _fill_blocks(held, means, count)
    return _from_blocks(new, kept.shape, sides)

  return Structure(keep, fill)


def _keep(path: Path, scores: Array, mask: Array, dropped: Array) -> Array:
  del path
  active = jnp.sum(mask, dtype=jnp.int32)
  return topk_mask(scores, active - dropped, where=mask)


def _filler(rule: fans.Rule, group: int | None) -> Fill:
  """Fills groups of so many inputs alike; `None`: all inputs of a unit."""

  def fill(path: Path, scores: Array, kept: Array, count: Array) -> Array:
    axes = fans.find(rule, path, kept.shape)
    units = rows.by_unit(kept, axes)
    size = units.shape[1] if group is None else group
    if units.shape[1] % size:
      raise ValueError(
        f'{path!r} of shape {kept.shape} has {units.shape[1]} inputs a unit,'
        f' which groups of {size} do not divide'
      )
    grouped = units.reshape(-1, size)
    ranked = rows.by_unit(scores, axes).reshape(grouped.shape)
    every = jnp.ones(len(grouped), bool)
    new = rows.fill(grouped, ranked, count, every)
    return rows.from_units(new.reshape(units.shape), kept.shape, axes)

  return fill


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


def _blocks(leaf: Array, sides: _Sides) -> Array:
  """`[..., in, out]` as `[blocks, weights of a block]`."""
  split = leaf.reshape(-1, *sides)
  return jnp.swapaxes(split, 2, 3).reshape(-1, sides.height * sides.width)


def _from_blocks(found: Array, shape: Shape, sides: _Sides) -> Array:
  rest = math.prod(shape[:-2])
  split = found.reshape(
    rest, sides.down, sides.across, sides.height, sides.width
  )
  return jnp.swapaxes(split, 2, 3).reshape(shape)


def _fill_blocks(held: Array, means: Array, count: Array) -> Array:
  """Whole blocks by their mean, the last of them cut short to the count."""
  size = held.shape[1]
  there = jnp.any(held, axis=1)
  more = (count + size - 1) // size - jnp.sum(there, dtype=jnp.int32)
  come = topk_mask(means, jnp.maximum(more, 0), where=~there)
  before = topk_mask(means, jnp.maximum(more - 1, 0), where=~there)
  # What is held comes first, then whole new blocks, then the last of them.
  rank = jnp.where(come, 1, 0) + jnp.where(before, 1, 0)
  rank = jnp.where(held, 3, rank[:, None]).astype(jnp.float32)
  return topk_mask(rank, count)
