"""The units that a kernel connects, and the connections that each has.

Which axes of a kernel are its input and output units depends on the layer,
not on the shape alone. A rule `(path, shape) -> Axes` says it for each leaf;
`flax` and `equinox` are the rules of those libraries' layers. One exception
to a rule is a function of a line or two:

    def axes(path, shape):
      found = fans.flax(path, shape)
      return found._replace(groups=32) if 'grouped' in path else found

The fans below are He et al.'s (2015), counted over active weights: padding,
stride and overlap play no part.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

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


def flax(path: Path, shape: Shape) -> Axes:
  """The axes of Flax layers, linen and nnx.

  Kernels [..., in, out]: dense [in, out], convolutions [h, w, in, out]. In
  kernels of three axes, `query`, `key` and `value` are [embed, heads,
  head_dim] and `out` is [heads, head_dim, embed], as in multi-head attention.
  A path and a shape do not tell attention from a one-dimensional convolution of
  such a name, [taps, in, out]: where there is one, name it otherwise or give
  its axes by a rule of one's own:

      def axes(path, shape):
        if path == 'encoder/query/kernel':
          return fans.Axes((-2,), (-1,))
        return fans.flax(path, shape)

  Groups are not visible in a shape ([5, 5, 1, 6] may be depthwise or read one
  channel): 1, but for a kernel [..., 1, out] of a layer with `depthwise` in its
  name, which has one a channel.
  """
  layer = path.split('/')[-2:][0]
  if len(shape) == 3 and layer in ('query', 'key', 'value'):
    return Axes((0,), (1, 2))
  if len(shape) == 3 and layer == 'out':
    return Axes((0, 1), (2,))
  if 'depthwise' in layer and shape[-2:-1] == (1,):
    return Axes((-2,), (-1,), groups=shape[-1])
  return Axes((-2,), (-1,))


def equinox(path: Path, shape: Shape) -> Axes:
  """The axes of Equinox layers: [out, in, ...], attention too. Groups: 1."""
  del path, shape
  return Axes((1,), (0,))


def find(rule: Rule, path: Path, shape: Shape) -> Axes:
  """What `rule` says of a leaf, checked; axes sorted and not negative.

  Raises:
    ValueError: an axis that is not there or named twice, no input or no
      output axis, groups that do not divide the output units; names the leaf.
  """
  got = rule(path, shape)
  where = f'{path!r} of shape {shape} has {got}'
  found = Axes(
    _within(got.in_axes, len(shape), where),
    _within(got.out_axes, len(shape), where),
    got.groups,
  )
  if found.groups != 1:
    _check_groups(found, shape, where)
  return found


def _within(axes: tuple[int, ...], ndim: int, where: str) -> tuple[int, ...]:
  if not axes or not all(-ndim <= a < ndim for a in axes):
    raise ValueError(
      f'{where}; accepted are one or more axes in {-ndim} .. {ndim - 1}'
    )
  found = tuple(sorted({a % ndim for a in axes}))
  if len(found) < len(axes):
    raise ValueError(f'{where}, which names an axis twice')
  return found


def _check_groups(axes: Axes, shape: Shape, where: str) -> None:
  if len(axes.out_axes) > 1 or set(axes.in_axes) & set(axes.out_axes):
    raise ValueError(f'{where}; groups need one output axis that is no input')
  units_out = shape[axes.out_axes[0]]
  if axes.groups < 1 or units_out % axes.groups:
    raise ValueError(f'{where}; groups must divide {units_out} units')


def fan_in(mask: Array, axes: Axes) -> Array:
  """Active weights that enter each output unit.

  Args:
    mask: bool.
    axes: from `find`.

  Returns:
    float32 counts; length 1 along all axes but `axes.out_axes`.
  """
  return _count(mask, axes.out_axes)


def fan_out(mask: Array, axes: Axes) -> Array:
  """Active weights that leave each input unit.

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
  """How many input and output units a kernel of `shape` connects."""
  inputs, outputs = (math.prod(shape[a] for a in which) for which in axes[:2])
  return inputs * axes.groups, outputs


def _count(mask: Array, keep: tuple[int, ...]) -> Array:
  rest = tuple(a for a in range(mask.ndim) if a not in keep)
  return jnp.sum(mask, axis=rest, keepdims=True, dtype=jnp.float32)
