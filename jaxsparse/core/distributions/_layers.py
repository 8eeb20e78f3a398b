"""Sparsities of single leaves: exact, by path or pattern, and as counts.

All arithmetic is in host integers and `Fraction`: in float64 0.29 x 100 is
below 29, and in float32 the counts of a 25M-weight layer are off by one.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsparse.core import fans, paths
from jaxsparse.core.types import Counts, Params, Path, Shape, SparsityError

Sparsity = float | int | str | Fraction


def exact(sparsity: Sparsity, what: str = 'sparsity') -> Fraction:
  """Returns `sparsity` as an exact decimal fraction: 0.29 is 29/100.

  Raises:
    SparsityError: not a number in [0, 1); the message calls it `what`.
  """
  try:
    value = Fraction(str(sparsity))
  except (ValueError, ZeroDivisionError):
    value = None
  if value is None or not 0 <= value < 1:
    raise SparsityError(
      f'{what} is {sparsity!r}; accepted is a number in [0, 1)'
    )
  return value


def active_weights(sparsity: Fraction, size: int) -> int:
  """Returns N - floor(S N), which is at least 1 if N is."""
  return size - math.floor(sparsity * size)


def selected(params: Params, select: paths.Rule | None) -> dict[Path, Shape]:
  """Returns the shapes of the leaves that `select` takes, by path.

  Args:
    params: arrays or `ShapeDtypeStruct`s.
    select: a rule, or `None` for `paths.kernels_of(params)`.

  Raises:
    TypeError: a leaf is no array.
    ValueError: it takes none, or one that has no weights or holds no floats.
  """
  paths.check_arrays(params)
  leaves = paths.flatten(params)
  takes = paths.kernels_of(params) if select is None else select
  shapes = {path: paths.leaf_shape(leaf) for path, leaf in leaves.items()}
  selection = {path: s for path, s in shapes.items() if takes(path, s)}
  if not selection:
    raise ValueError(
      f'select takes none of the {len(shapes)} leaves:'
      f' {", ".join(paths.natural_order(shapes))}'
    )
  for path, shape in selection.items():
    if not math.prod(shape):
      raise ValueError(f'{path!r} has no weights: its shape is {shape}')
    if not jnp.issubdtype(leaves[path].dtype, jnp.inexact):
      raise ValueError(
        f'select takes {path!r}, which is {leaves[path].dtype}; accepted are'
        ' floating leaves'
      )
  return selection


class Sides(NamedTuple):
  """A kernel as matrices of input and output units, one for each tap.

  Attributes:
    inputs, outputs: units of a matrix; of a grouped kernel the inputs of one
      group.
    taps: the lengths of the axes that are neither.
    stacked: layers that the leaf holds.
  """

  inputs: int
  outputs: int
  taps: tuple[int, ...]
  stacked: int


def sides(path: Path, shape: Shape, axes: fans.Rule) -> Sides:
  """Returns the sides of a kernel; heads of attention are part of a side.

  Args:
    path: of the leaf.
    shape: of the leaf.
    axes: the rule for its input and output axes.

  Raises:
    SparsityError: it has fewer than two axes.
  """
  if len(shape) < 2:
    raise SparsityError(
      f'{path!r} has shape {shape}; Erdos-Renyi needs an axis of input units'
      ' and one of output units'
    )
  unit_axes = fans.find(axes, path, shape)
  ins, outs = set(unit_axes.in_axes), set(unit_axes.out_axes)
  taps = [shape[a] for a in range(len(shape)) if a not in ins | outs]
  inputs, outputs, stacked = (
    math.prod(shape[a] for a in which)
    for which in (ins - outs, outs - ins, ins & outs)
  )
  return Sides(inputs, outputs, tuple(taps), stacked)


def by_pattern(
  layers: Mapping[str, Sparsity], shapes: Mapping[Path, Shape]
) -> dict[Path, Fraction]:
  """Returns sparsities by path, from those by path or `fnmatch` pattern.

  A full path wins over a pattern; the order of `layers` plays no part.

  Raises:
    SparsityError: a sparsity outside [0, 1).
    ValueError: a pattern fits no leaf, or two patterns fit one leaf.
  """
  pattern_of: dict[Path, str] = {}
  for pattern in sorted(layers, key=lambda pattern: pattern in shapes):
    for path in paths.matching(shapes, pattern, what='selected leaves'):
      if path in pattern_of and pattern not in shapes:
        raise ValueError(
          f'{path!r} fits two patterns, {pattern_of[path]!r} and {pattern!r}'
        )
      pattern_of[path] = pattern
  return {
    path: exact(layers[pattern], f'the sparsity of {pattern!r}')
    for path, pattern in pattern_of.items()
  }


def counts_tree(params: Params, sparsities: Mapping[Path, Fraction]) -> Counts:
  """Returns N - floor(s N) of each leaf; `None` for one without sparsity."""

  def count(path: Path, leaf: jax.Array) -> int | None:
    if path not in sparsities:
      return None
    return active_weights(sparsities[path], math.prod(paths.leaf_shape(leaf)))

  return paths.map_with_path(count, params)
