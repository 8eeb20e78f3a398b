"""Masks within a structure of `core.structures`."""

import operator

import jax
import jax.numpy as jnp
from jax import Array

from jaxsparse.core import prng, registry, structures
from jaxsparse.core.masks import map_masks_with_path, shard_like
from jaxsparse.core.types import Counts, Masks, Params, Path, Scores

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


def random(
  structure: structures.Structure, params: Params, counts: Counts, *, key: Array
) -> Masks:
  """Draws masks with `counts` active weights that the structure allows."""
  drawn = jax.tree.map(
    lambda p, k: shard_like(p, prng.uniform(k, p.shape)),
    params,
    prng.leaf_keys(key, params),
  )
  return largest(structure, drawn, counts)
