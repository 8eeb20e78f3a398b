"""Mask algebra.

A mask tree follows the params' tree; `None` marks a leaf that is not subject
to sparsity. Params lead and masks follow, matched by path (`align`), so that
masks made from params in one container serve those in another;
`map_masks_with_path` implements this.
"""

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.shard_alike import shard_alike

from jaxsparse.core import choices, paths, prng
from jaxsparse.core._ordered import count
from jaxsparse.core.align import aligned
from jaxsparse.core.topk import topk_masks_by_leaf
from jaxsparse.core.types import (
  Counts,
  Masks,
  Params,
  Path,
  PyTree,
  Scores,
  Shape,
)

# Weights are counted in int32.
MOST = 2**31 - 1


def map_masks(
  fn: Callable[..., Any],
  params: Params,
  masks: Masks,
  *rest: PyTree,
  exempt: Callable[..., Any] = lambda *_: None,
) -> PyTree:
  """Maps `fn` over the masked leaves of `params`.

  Args:
    fn: `(param, mask, *rest) -> leaf`, called where the mask is not `None`.
    params: the tree that leads; also scores, gradients or shapes.
    masks: a mask or counts tree with the paths of `params`.
    *rest: further trees with these paths; they may hold `None`.
    exempt: `(param, *rest) -> leaf`, called where the mask is `None`. By
      default the result is `None` there, as in a mask tree.

  Returns:
    A tree of the structure of `params`.

  Raises:
    ValueError: names the first path that only one of two trees has.
  """
  return map_masks_with_path(
    lambda _, p, m, *r: fn(p, m, *r), params, masks, *rest, exempt=exempt
  )


def map_masks_with_path(
  fn: Callable[..., Any],
  params: Params,
  masks: Masks,
  *rest: PyTree,
  exempt: Callable[..., Any] = lambda *_: None,
) -> PyTree:
  """Maps like `map_masks`; `fn` takes the leaf's path first."""
  leaves = paths.flatten(params)
  columns = [
    aligned(params, masks, 'the tree of masks or counts'),
    *(aligned(params, tree) for tree in rest),
  ]
  return jax.tree.unflatten(
    jax.tree.structure(params),
    [
      exempt(p, *r) if m is None else fn(path, p, m, *r)
      for (path, p), m, *r in zip(leaves.items(), *columns, strict=True)
    ],
  )


def apply_masks(params: Params, masks: Masks) -> Params:
  """Sets `params` to 0 outside the masks; exempt leaves are unchanged.

  By `where`, never by product: NaN x 0 is NaN.

  >>> mask = jnp.array([True, False])
  >>> js.apply_masks({'kernel': jnp.array([3.0, 4.0])}, {'kernel': mask})
  {'kernel': Array([3., 0.], dtype=float32)}
  """
  return map_masks(_masked, params, masks, exempt=lambda p: p)


# Outside of jit one program instead of two; in a program it leaves no trace.
@functools.partial(jax.jit, inline=True)
def _masked(param: jax.Array, mask: jax.Array) -> jax.Array:
  return jnp.where(mask, param, jnp.zeros_like(param))


def full_masks(params: Params, counts: Counts) -> Masks:
  """Returns all-True masks of the leaves in `counts`, sharded as `params`."""
  return map_masks(
    lambda p, _: shard_like(p, jnp.ones(p.shape, bool)), params, counts
  )


def random_masks(params: Params, counts: Counts, *, key: jax.Array) -> Masks:
  """Draws masks with exactly `counts` active weights, uniformly at random.

  >>> masks = js.random_masks(params, counts, key=key)

  Args:
    params: params (or a tree of `ShapeDtypeStruct`).
    counts: active weights of each leaf, in [0, size]; may be traced.
    key: a PRNG key; each leaf draws from a stream named by its path.

  Returns:
    The masks, sharded as `params`; their values are the same on one device.
  """

  def draw(param: jax.Array, _: int | jax.Array, leaf_key: jax.Array):
    return shard_like(param, prng.uniform(leaf_key, param.shape))

  scores = map_masks(draw, params, counts, prng.leaf_keys(key, params))
  return highest(params, counts, scores)


def highest(
  params: Params, counts: Counts, scores: Scores, *, where: PyTree | None = None
) -> Masks:
  """Returns masks of `topk.topk_masks_by_leaf`, sharded as `params`."""
  masks = topk_masks_by_leaf(scores, counts, where=where)
  return map_masks(lambda p, _, m: shard_like(p, m), params, counts, masks)


def shard_like(param: Any, leaf: jax.Array) -> jax.Array:
  """Lays out `leaf` over devices like `param`; also under jit.

  A new leaf depends on its parameter's shape alone, from which the compiler
  cannot infer its sharding. A `ShapeDtypeStruct` has no layout, and a
  parameter that is not committed to a device leaves the choice to JAX.
  """
  if isinstance(param, jax.ShapeDtypeStruct):
    return leaf
  if not any(isinstance(x, jax.core.Tracer) for x in (param, leaf)):
    committed = getattr(param, 'committed', False)
    return jax.device_put(leaf, param.sharding) if committed else leaf
  of_type = jax.typeof(param).sharding
  if any(axis is not None for axis in of_type.spec):
    leaf = jax.sharding.reshard(leaf, of_type)
  return shard_alike(param, leaf)[1]


def active(masks: Masks) -> PyTree:
  """Counts the active weights of each leaf, int32 (exempt: `None`).

  Raises:
    ValueError: as for `check_sizes`.

  >>> js.active({'kernel': jnp.array([True, False, True]), 'bias': None})
  {'bias': None, 'kernel': Array(2, dtype=int32)}
  """
  check_sizes({p: mask.shape for p, mask in paths.flatten(masks).items()})
  return jax.tree.map(count, masks)


def check_sizes(
  shapes: Mapping[Path, Shape], *, together: bool = False
) -> None:
  """Raises `ValueError` where an int32 cannot count the weights of the leaves.

  Args:
    shapes: of the leaves that have a mask.
    together: whether the weights of all of them are counted together.

  Raises:
    ValueError: there are 2^31 or more; names the leaf, or the largest of all.
  """
  sizes = {path: math.prod(shape) for path, shape in shapes.items()}
  for path, size in sizes.items():
    if size > MOST:
      raise ValueError(
        f'{path!r} has {size:,} weights; accepted are at most {MOST:,}'
      )
  total = sum(sizes.values())
  if together and total > MOST:
    largest = max(sizes, key=lambda path: sizes[path])
    raise ValueError(
      f'the leaves with a mask have {total:,} weights in all, of which'
      f' {sizes[largest]:,} are {largest!r}; accepted of a method that counts'
      f' them together are at most {MOST:,}'
    )


def active_by_path(masks: Masks) -> dict[Path, int]:
  """Counts the active weights of each masked leaf by path, on the host."""
  return {
    path: int(np.count_nonzero(mask))
    for path, mask in paths.flatten(jax.device_get(masks)).items()
  }


def sizes_by_path(masks: Masks) -> dict[Path, int]:
  """Counts all weights of each masked leaf by path, on the host."""
  return {
    path: int(np.prod(mask.shape, dtype=np.int64))
    for path, mask in paths.flatten(masks).items()
  }


def spread(sizes: Mapping[Path, int], total: int) -> dict[Path, int]:
  """Returns counts of leaves at about one density, with exactly this sum."""
  counts, passed, size_of_all = {}, 0, sum(sizes.values())
  for path, size in sizes.items():
    # Differences of rounded sums, whose own sum is exact.
    before, passed = passed, passed + size
    counts[path] = total * passed // size_of_all - total * before // size_of_all
  return counts


def check_masks(params: Params, masks: Masks) -> None:
  """Raises `ValueError` naming the first leaf where masks do not fit params."""
  # Exempt leaves may be of any kind, such as a model's activation function.
  shapes = {p: np.shape(leaf) for p, leaf in paths.flatten(params).items()}
  for path, mask in paths.flatten(masks).items():
    if path not in shapes:
      raise ValueError(
        f'mask {path!r} has no parameter.{choices.nearest(path, shapes)}'
      )
    shape = np.shape(mask)
    if shape != shapes[path]:
      raise ValueError(
        f'mask {path!r} has shape {shape}, its parameter {shapes[path]}'
      )
    if mask.dtype != jnp.bool_:
      raise ValueError(
        f'mask {path!r} has dtype {mask.dtype}; accepted is bool'
      )


def check_alike_masks(first: Masks, second: Masks) -> None:
  """Raises `ValueError` at the first leaf where two mask trees do not agree.

  They must agree in which leaves are masked, in shapes, which would else
  broadcast, and in being bool. Masks may be traced.
  """
  one, other = (paths.flatten(masks) for masks in (first, second))
  for path in sorted(one.keys() | other.keys()):
    shapes = [np.shape(m[path]) if path in m else None for m in (one, other)]
    if shapes[0] != shapes[1]:
      raise ValueError(
        f'masks differ at {path!r}: got the shapes {shapes[0]} and'
        f' {shapes[1]}; accepted are equal ones'
      )
    for mask in (one[path], other[path]):
      if mask.dtype != np.bool_:
        raise ValueError(
          f'mask {path!r} has dtype {mask.dtype}; accepted is bool'
        )
