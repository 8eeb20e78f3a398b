"""Random masks, drops and growth within a structure of `core.structures`."""

import operator
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import prng, registry, structures
from jaxsparse.core.drop_grow import dropped_count
from jaxsparse.core.masks import map_masks_with_path, shard_like
from jaxsparse.core.types import (
  Counts,
  Masks,
  MaskState,
  Params,
  Path,
  PyTree,
  Scalar,
  Scores,
)
from jaxsparse.updaters import _checks

UNSTRUCTURED = 'unstructured'


def find(
  structure: str | structures.Structure, size: tuple[int, ...]
) -> structures.Structure:
  """Returns the structure of a name and a size, or `structure` itself.

  Args:
    structure: a name in `core.structures`, a dotted path of such a function,
      or a `Structure`.
    size: the arguments of the function: `(4,)` for `n_m`, `(4, 4)` for `block`,
      nothing for the others.

  Raises:
    ValueError: no structure of that name, or not of that size.
  """
  if isinstance(structure, structures.Structure):
    return structure
  build = registry.resolve(structure, 'jaxsparse.core.structures')
  try:
    return build(*map(operator.index, size))
  except TypeError:
    raise ValueError(
      f'structure_size is {size!r}, which {structure} does not take; accepted'
      ' are (m,) for n_m, (height, width) for block, () for others'
    ) from None


def largest(
  structure: structures.Structure, scores: Scores, counts: Counts
) -> Masks:
  """Masks the `counts` highest scores that the structure allows."""

  def one(path: Path, score: Array, count: int | Array) -> Array:
    none = jnp.zeros(score.shape, bool)
    mask = structure.fill(path, score, none, jnp.asarray(count, jnp.int32))
    return shard_like(score, mask)

  return map_masks_with_path(one, scores, counts)


def random_init(
  structure: structures.Structure, counts: Counts
) -> Callable[..., MaskState]:
  """Builds an `init` that draws masks with `counts` active weights."""

  def init(
    params: Params, *, key: Array, probe: PyTree | None = None
  ) -> MaskState:
    del probe
    _checks.check_counts(params, counts)
    drawn = jax.tree.map(
      lambda p, k: shard_like(p, jax.random.uniform(k, p.shape, jnp.float32)),
      params,
      prng.leaf_keys(key, params),
    )
    return MaskState(largest(structure, drawn, counts))

  return init


def drop_and_grow(
  structure: structures.Structure,
  masks: Masks,
  drop_scores: Scores,
  grow_scores: Scores,
  drop_fraction: Scalar,
) -> Masks:
  """Drops and grows as `core.drop_grow.drop_and_grow`, within a structure."""

  def one(path: Path, drop: Array, mask: Array, grow: Array) -> Array:
    active = jnp.sum(mask, dtype=jnp.int32)
    dropped = dropped_count(active, drop_fraction)
    remaining = structure.keep(path, drop, mask, dropped)
    return shard_like(drop, structure.fill(path, grow, remaining, active))

  return map_masks_with_path(one, drop_scores, masks, grow_scores)
