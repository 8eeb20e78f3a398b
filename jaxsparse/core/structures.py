"""Structured sparsity: the patterns of active weights within a kernel.

A structure is two pure functions of one leaf, `keep` and `fill`, so that a
method drops and grows within it. All of them meet a count exactly, whether the
structure divides it or not; each documents the remainder. Names:
`unstructured`, `n_m` (2:4 and the like), `constant_fan_in`, `block` and
`kernel_slice`.
"""

from typing import NamedTuple, Protocol

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import blocks, fans, rows
from jaxsparse.core.topk import topk_mask
from jaxsparse.core.types import Path


class Keep(Protocol):
  """`(path, scores, mask, dropped)`: `mask`, less weights of lowest score.

  `dropped` is an int32 scalar: the number of weights to drop, rounded down to
  blocks where there are any.
  """

  def __call__(
    self, path: Path, scores: Array, mask: Array, dropped: Array
  ) -> Array: ...


class Fill(Protocol):
  """`(path, scores, kept, count)`: `kept`, and weights of highest score.

  The mask has exactly `count` active weights, an int32 scalar.
  """

  def __call__(
    self, path: Path, scores: Array, kept: Array, count: Array
  ) -> Array: ...


class Structure(NamedTuple):
  """A pattern that the active weights of a leaf follow.

  Attributes:
    keep: drops weights from a mask.
    fill: grows weights into it.
  """

  keep: Keep
  fill: Fill


def unstructured() -> Structure:
  """Returns the structure without constraints."""

  def fill(path: Path, scores: Array, kept: Array, count: Array) -> Array:
    del path
    missing = count - jnp.sum(kept, dtype=jnp.int32)
    return kept | topk_mask(scores, missing, where=~kept)

  return Structure(_keep, fill)


def n_m(m: int, *, axes: fans.Rule = fans.by_name) -> Structure:
  """Returns N of every M consecutive inputs of a unit (Mishra et al. 2021).

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
  """Returns the structure of equal fan-in for every unit of a leaf.

  None has more than ceil(count / units), and fewer than one a unit are missing
  in all.

  Args:
    axes: input and output axes of each leaf.
  """
  return Structure(_keep, _filler(axes, None))


def block(
  height: int, width: int, *, axes: fans.Rule = fans.by_name
) -> Structure:
  """Returns blocks of neighbouring inputs and outputs, active together.

  A block's score is the mean over it. The lowest active block is cut short
  where the count is no multiple of the block size. `dropped` is rounded down to
  full blocks.

  Masks from elsewhere may fill blocks in part. Such a block is dropped as a
  unit, its inactive weights scoring 0. While there are too many blocks for the
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
  """Returns slices of h w taps, of one input and output channel.

  A slice is active as a unit: the structured sparsity of Sundar and Dwaraknath
  2021, "[Re] Rigging the Lottery". A slice's score is the mean over it. One is
  cut short, and drops are rounded, as by `block`. Where a kernel has one tap,
  as dense ones have, a slice is a weight.

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
  """Fills groups of `group` inputs alike; `None`: all inputs of a unit."""

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
    all_rows = jnp.ones(len(grouped), bool)
    new = rows.fill(grouped, ranked, count, all_rows)
    return rows.from_units(new.reshape(units.shape), kept.shape, axes)

  return fill
