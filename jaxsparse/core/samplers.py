"""The random masks that a method may start from.

Each is `(params, counts, *, key, axes) -> masks` with exactly `counts` active
weights, sharded as `params`. `uniform` is the usual choice;
`connected` leaves no output unit without an input; `uneven` is the generator
of the published plots of signal propagation, which prunes away the first
units of every layer. A method takes one by its name, by a dotted path or as a
function, which it calls without `axes`: for kernels whose axes do not follow
from their names,

    sampler = functools.partial(samplers.connected, axes=my_rule)
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxsparse.core import fans, prng
from jaxsparse.core.masks import (
  highest,
  map_masks_with_path,
  random_masks,
  shard_like,
)
from jaxsparse.core.types import Counts, Masks, Params, Path, SparsityError

Sampler = Callable[..., Masks]


def uniform(
  params: Params,
  counts: Counts,
  *,
  key: Array,
  axes: fans.Rule = fans.by_name,
) -> Masks:
  """Draws masks uniformly at random, by `masks.random_masks`.

  Args:
    params: params (or a tree of `ShapeDtypeStruct`).
    counts: active weights of each leaf, in [0, size]; may be traced.
    key: a PRNG key; each leaf draws from a stream named by its path.
    axes: not used; taken so that all samplers are called alike.

  Returns:
    The masks, sharded as `params`.
  """
  del axes
  return random_masks(params, counts, key=key)


def connected(
  params: Params,
  counts: Counts,
  *,
  key: Array,
  axes: fans.Rule = fans.by_name,
) -> Masks:
  """Draws masks in which every output unit has an active input.

  The masks of `masks.random_masks` with the same key, except where they leave
  units dead: each of those gets one uniformly random input, at the
  cost of a random connection of a unit that has several. Every weight is
  active with the same probability.

  Args:
    params: params (or a tree of `ShapeDtypeStruct`).
    counts: active weights of each leaf, in [output units, size]. A traced
      count cannot be checked: below the number of output units, that many
      units, uniformly chosen, have one input each.
    key: a PRNG key; each leaf draws from a stream named by its path.
    axes: input and output axes of each leaf.

  Returns:
    The masks, sharded as `params`.

  Raises:
    SparsityError: a leaf has more output units than active weights.
    ValueError: `axes` does not fit a leaf.
  """

  def draw(path: Path, param: Array, count: int | Array, leaf_key: Array):
    _check_count(path, param.shape, count, fans.find(axes, path, param.shape))
    return shard_like(param, prng.uniform(leaf_key, param.shape))

  def first(path: Path, score: Array, _: int | Array) -> Array:
    return _first_of_unit(score, fans.find(axes, path, score.shape))

  keys = prng.leaf_keys(key, params)
  scores = map_masks_with_path(draw, params, counts, keys)
  where = map_masks_with_path(first, scores, counts)
  return highest(params, counts, scores, where=where)


def uneven(
  params: Params,
  counts: Counts,
  *,
  key: Array,
  axes: fans.Rule = fans.by_name,
) -> Masks:
  """Draws masks whose density grows with the index of the output unit.

  The weights of output unit i = 1, 2, ..., n have scores from U(0, i), and
  those of highest score are active: at high sparsity the first units have
  none, and the last are nearly dense. Source: the notebook behind the plot
  of signal propagation of Evci et al. 2022, whose paper does not mention it.

  Args:
    params: params (or a tree of `ShapeDtypeStruct`).
    counts: active weights of each leaf, in [0, size]; may be traced.
    key: a PRNG key; each leaf draws from a stream named by its path.
    axes: input and output axes of each leaf. Of several output axes, the
      last counts fastest.

  Returns:
    The masks, sharded as `params`.

  Raises:
    ValueError: `axes` does not fit a leaf.
  """

  def draw(path: Path, param: Array, _: int | Array, leaf_key: Array):
    unit_axes = fans.find(axes, path, param.shape)
    unit = np.ones([], np.float32)
    for axis, size in enumerate(param.shape):
      if axis in unit_axes.out_axes:
        unit = (unit[..., None] - 1) * size + np.arange(1, size + 1)
      else:
        unit = unit[..., None]
    drawn = prng.uniform(leaf_key, param.shape)
    return shard_like(param, drawn * unit.astype(np.float32))

  keys = prng.leaf_keys(key, params)
  return highest(
    params, counts, map_masks_with_path(draw, params, counts, keys)
  )


def _check_count(
  path: Path, shape: tuple[int, ...], count: int | Array, axes: fans.Axes
) -> None:
  outputs = fans.units(shape, axes)[1]
  if not isinstance(count, jax.core.Tracer) and int(count) < outputs:
    raise SparsityError(
      f'{path!r} has {int(count)} active weights for {outputs} output units,'
      f' which are to have one each; accepted are {outputs} to'
      f' {math.prod(shape)}'
    )


def _first_of_unit(scores: Array, axes: fans.Axes) -> Array:
  """Masks the highest score of each output unit; of equals, the first."""
  rest = tuple(a for a in range(scores.ndim) if a not in axes.out_axes)
  highest = scores == jnp.max(scores, axis=rest, keepdims=True)
  place = jnp.arange(scores.size, dtype=jnp.uint32).reshape(scores.shape)
  place = jnp.where(highest, shard_like(scores, place), np.uint32(scores.size))
  return place == jnp.min(place, axis=rest, keepdims=True)
