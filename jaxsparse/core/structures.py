"""Where in a kernel active weights may stand together.

A structure is two pure functions of one leaf, so that a method which drops and
grows does so within it: what to keep of a mask, and what to put beside it. A
count is met to the weight by all of them, whether the structure divides it or
not; each says what becomes of the rest. Names: `unstructured`, `n_m` (2:4 and
the like), `constant_fan_in`, `block` and `kernel_slice`.
"""

from typing import NamedTuple, Protocol

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import blocks, fans, rows
from jaxsparse.core.topk import topk_mask
from jaxsparse.core.types import Path


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


def n_m(m: int, *, axes: fans.Rule = fans.by_name) -> Structure:
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


def constant_fan_in(*, axes: fans.Rule = fans.by_name) -> Structure:
  """As many active inputs for every unit of a leaf.

  None has more than ceil(count / units), and fewer than one a unit are missing
  in all.

  Args:
    axes: input and output axes of each leaf.
  """
  return Structure(_keep, _filler(axes, None))


def block(
  height: int, width: int, *, axes: fans.Rule = fans.by_name
) -> Structure:
  """Blocks of neighbouring inputs and outputs, active as one.

  A block's score is the mean over it. One block is cut short where the count
  is no multiple of its size: the lowest that is active. Drops make whole
  blocks: `dropped` is rounded down to them.

  Masks from elsewhere may fill blocks in part. Such a block is dropped as one,
  its inactive weights scoring 0. While there are too many blocks for the
  count, growth fills up those of highest score in place of new ones, so that
  masks become blockwise as they are updated.

  Args:
    height: of a block, in input units.
    width: likewise, in output units.
    axes: input and output axes of each leaf; a block has one tap.

  Raises:
    ValueError: a side is less than 1. From the functions: `axes` does not fit
      a leaf, or a side does not divide its units; names the leaf.
  """
  if height < 1 or width < 1:
    raise ValueError(f'block of {height} x {width}; accepted are sides from 1')
  return _by_block(blocks.tiles(height, width, axes))


def kernel_slice(*, axes: fans.Rule = fans.by_name) -> Structure:
  """Slices of h w taps, of one input and one output channel, active as one.

  What Sundar and Dwaraknath 2021, "[Re] Rigging the Lottery", call structured.
  A slice's score is the mean over it. One is cut short, and drops are rounded,
  as by `block`. Where a kernel has one tap, as dense ones have, a slice is a
  weight.

  Args:
    axes: input and output axes of each leaf; all others are of taps.
  """
  return _by_block(blocks.slices(axes))


def _by_block(found: blocks.Blocks) -> Structure:
  def keep(path: Path, scores: Array, mask: Array, dropped: Array) -> Array:
    held, ranked = (found.split(path, leaf) for leaf in (mask, scores))
    return found.join(path, blocks.keep(held, ranked, dropped), mask.shape)

  def fill(path: Path, scores: Array, kept: Array, count: Array) -> Array:
    held, ranked = (found.split(path, leaf) for leaf in (kept, scores))
    return found.join(path, blocks.fill(held, ranked, count), kept.shape)

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
