"""The units that a kernel connects, and the connections that each has.

Which axes of a kernel are its input and output units depends on the layer,
not on the shape alone. A rule `(path, shape) -> Axes` maps each leaf to them.
`by_name` is the default: the name of a leaf decides whether it is a kernel of
Flax or a weight of Equinox, whose rules are `flax` and `equinox`. One
exception to a rule is a function of a line or two:

    def axes(path, shape):
      default = fans.by_name(path, shape)
      return default._replace(groups=32) if 'grouped' in path else default

The fans below are He et al.'s (2015), counted over active weights: padding,
stride and overlap play no part.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxsparse.core import paths
from jaxsparse.core.types import Path, Shape


class Axes(NamedTuple):
  """The axes of a kernel.

  An axis in neither of the two is of taps: the spatial axes of a
  convolution, whose weights all enter (and leave) one unit. An axis in both
  tells layers apart that are stacked along it, as `nn.scan` stacks them.

  Attributes:
    in_axes: the axes of input units.
    out_axes: the axes of output units.
    groups: of a grouped convolution: output channel o reads the input
      channels of group o // (out / groups) alone, and the kernel's input axis
      is as long as one group. A depthwise kernel [h, w, 1, out] has as many
      groups as input channels.
  """

  in_axes: tuple[int, ...]
  out_axes: tuple[int, ...]
  groups: int = 1


Rule = Callable[[Path, Shape], Axes]


# The longest window of one axis that is read as a convolution's by its shape.
_LONGEST = 32


def by_name(path: Path, shape: Shape) -> Axes:
  """Returns the axes that the leaf's name implies: the default of all methods.

  `weight`, `weight_ih` and `weight_hh` are [out, in, ...], as in Equinox, and
  all others are read as those of Flax. A model that calls a kernel [in, out]
  `weight` needs `flax`, or a custom rule. A weight of three axes or more may be
  of layers that are stacked: its layer has `conv` in its name or, of four axes
  or more, it looks like a convolution's, as for `flax`.

  Raises:
    ValueError: neither name nor shape determine the axes; names the leaf.
  """
  if path.rsplit('/', 1)[-1] not in paths.WEIGHTS:
    return flax(path, shape)
  if len(shape) > 2 and not _is_convolution(paths.layer(path)):
    _check_window(path, shape, shape[2:])
  return equinox(path, shape)


def flax(path: Path, shape: Shape) -> Axes:
  """Returns the axes of Flax layers, linen and nnx.

  A kernel of two axes is [in, out]. With more, the name of its layer counts,
  the last part of the path before the leaf's that is no index:

  * `query`, `key` and `value` of three axes are [embed, heads, head_dim] and
    `out` is [heads, head_dim, embed], as in multi-head attention;
  * with `qkv` in it, or called `kv`, the first axis is of inputs and all
    others of outputs: [embed, 3, heads, head_dim];
  * with `conv` in it, it is a convolution [window, in, out], for a window of
    any number of axes;
  * any other of four axes or more is read as a convolution if it looks like
    one: its window is a single tap, or has sides of one length, sides of 1
    aside ([3, 3, in, out], [1, 7, in, out], up to 32 where one side alone is
    longer than 1), and the layer is not called dense, linear, einsum or local.

  All else is refused, as it can be a convolution, a `DenseGeneral`, a
  `LinearGeneral`, an `Einsum` or layers that are stacked by `nn.scan`. A name
  settles it, and so does a custom rule:

      def axes(path, shape):
        if path == 'encoder/mix/kernel':  # [embed, heads, head_dim]
          return fans.Axes((0,), (1, 2))
        return fans.flax(path, shape)

  It is needed as well where a name or a shape misleads: a one-dimensional
  convolution called `query`, a stack of convolutions, a `DenseGeneral` called
  `mix` of [8, 8, 2, 4], which looks like a window of 8 x 8.

  Groups are not visible in a shape ([5, 5, 1, 6] may be depthwise or read one
  channel): 1, but for a kernel [..., 1, out] of a layer with `depthwise` in its
  name, which has one a channel.

  Raises:
    ValueError: neither name nor shape determine the axes; names the leaf.
  """
  layer = paths.layer(path)
  if len(shape) == 3 and layer in ('query', 'key', 'value'):
    return Axes((0,), (1, 2))
  if len(shape) == 3 and layer == 'out':
    return Axes((0, 1), (2,))
  if len(shape) > 2 and not _is_convolution(layer):
    if ('qkv' in layer or layer == 'kv') and shape[0] > 1:
      return Axes((0,), tuple(range(1, len(shape))))
    _check_window(path, shape, shape[:-2])
  return Axes((-2,), (-1,), groups=_groups(layer, shape, -2, -1))


def equinox(path: Path, shape: Shape) -> Axes:
  """Returns the axes of Equinox layers: [out, in, ...], attention too.

  Cells have [3 out, in] or [4 out, in], gates side by side. Layers that are
  stacked, [layers, out, in], look like convolutions [out, in, window]: they
  need a rule of their own. Groups are recognised as by `flax`: of weights
  [out, 1, ...] of a layer with `depthwise` in its name.
  """
  layer = paths.layer(path)
  return Axes((1,), (0,), groups=_groups(layer, shape, 1, 0))


def _is_convolution(layer: str) -> bool:
  return ('conv' in layer or 'depthwise' in layer) and 'local' not in layer


def _groups(layer: str, shape: Shape, in_axis: int, out_axis: int) -> int:
  if 'depthwise' in layer and len(shape) > 1 and shape[in_axis] == 1:
    return shape[out_axis]
  return 1


def _check_window(path: Path, shape: Shape, window: Shape) -> None:
  """Raises `ValueError` unless a kernel looks like that of a convolution."""
  sides = [side for side in window if side > 1]
  lone = len(sides) == 1 and (len(window) == 1 or sides[0] > _LONGEST)
  dense = re.search('dense|linear|einsum|local', paths.layer(path))
  if dense or lone or len(set(sides)) > 1:
    raise ValueError(
      f'{path!r} of shape {shape} may be of a convolution, of a general dense'
      ' layer or of layers that are stacked; pass axes=, a rule that says which'
      ' axes are its inputs and outputs (fans.equinox for a convolution of'
      ' Equinox), or name the layer as core.fans.flax accepts it'
      ' (conv, qkv)'
    )


def find(rule: Rule, path: Path, shape: Shape) -> Axes:
  """Returns the axes of a leaf by `rule`: checked, sorted, not negative.

  Raises:
    ValueError: an axis that is not there or named twice, no input or no
      output axis, groups that do not divide the output units; names the leaf.
  """
  axes = rule(path, shape)
  where = f'{path!r} of shape {shape} has {axes}'
  checked = Axes(
    _within(axes.in_axes, len(shape), where),
    _within(axes.out_axes, len(shape), where),
    axes.groups,
  )
  if checked.groups != 1:
    _check_groups(checked, shape, where)
  return checked


def _within(axes: tuple[int, ...], ndim: int, where: str) -> tuple[int, ...]:
  if not axes or not all(-ndim <= a < ndim for a in axes):
    raise ValueError(
      f'{where}; accepted are one or more axes in {-ndim} .. {ndim - 1}'
    )
  indices = tuple(sorted({a % ndim for a in axes}))
  if len(indices) < len(axes):
    raise ValueError(f'{where}, which names an axis twice')
  return indices


def _check_groups(axes: Axes, shape: Shape, where: str) -> None:
  if len(axes.out_axes) > 1 or set(axes.in_axes) & set(axes.out_axes):
    raise ValueError(f'{where}; groups need one output axis that is no input')
  units_out = shape[axes.out_axes[0]]
  if axes.groups < 1 or units_out % axes.groups:
    raise ValueError(f'{where}; groups must divide {units_out} units')


def fan_in(mask: Array, axes: Axes) -> Array:
  """Counts the active weights that enter each output unit.

  Args:
    mask: bool.
    axes: from `find`.

  Returns:
    float32 counts; length 1 along all axes but `axes.out_axes`.
  """
  return _count(mask, axes.out_axes)


def fan_out(mask: Array, axes: Axes) -> Array:
  """Counts the active weights that leave each input unit.

  Args:
    mask: bool.
    axes: from `find`.

  Returns:
    float32 counts; length 1 along all axes but `axes.in_axes` and, where
    there are groups, the output axis, along which a count stands at every
    unit of its group.
  """
  if axes.groups == 1:
    return _count(mask, axes.in_axes)
  out = axes.out_axes[0]
  per_group = mask.shape[out] // axes.groups
  counts = _count(mask, (*axes.in_axes, out))
  shape = (
    *counts.shape[:out],
    axes.groups,
    per_group,
    *counts.shape[out + 1 :],
  )
  sums = jnp.sum(counts.reshape(shape), axis=out + 1)
  return jnp.repeat(sums, per_group, axis=out)


def units(shape: Shape, axes: Axes) -> tuple[int, int]:
  """Returns the number of input and of output units of a kernel."""
  inputs, outputs = (math.prod(shape[a] for a in which) for which in axes[:2])
  return inputs * axes.groups, outputs


def _count(mask: Array, keep: tuple[int, ...]) -> Array:
  rest = tuple(a for a in range(mask.ndim) if a not in keep)
  return jnp.sum(mask, axis=rest, keepdims=True, dtype=jnp.float32)
