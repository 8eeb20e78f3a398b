"""Exact top-k masks: of one array, and global over a tree.

Both equal a stable descending sort bit for bit, on every backend, device
count and sharding, under jit or not. Entries are ranked by

1. `where`: those where it is False come after all others;
2. the canonical score, downwards: `where(abs(s) >= tiny, s, 0)` in float32,
   `tiny` being its least normal number, so that subnormals and -0 equal 0
   (backends differ on both). NaN comes after -inf;
3. place: leaf by leaf in the order of `jax.tree.leaves`, then flat index.

The ranking is in `_ordered`, the search for k in `_search`.
"""

import operator

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxsparse.core import _ordered, paths
from jaxsparse.core.types import Masks, PyTree, Scores


def topk_mask(
  scores: Array, k: int | Array, *, where: Array | None = None
) -> Array:
  """A mask of the k highest scores.

  Args:
    scores: floating, any shape. float64 is ranked in float32.
    k: how many, in [0, scores.size]; an int, or an integer scalar array.
      A traced k cannot be checked and is clipped to that range.
    where: bool, shaped like `scores`; entries where it is False rank last
      (they are taken only if k exceeds the number of True ones).

  Returns:
    bool, shaped like `scores`, with exactly k True.

  Raises:
    TypeError: scores not floating, `where` not bool, k not an integer.
    ValueError: k out of range, or the shape of `where` does not fit.
  """
  if where is not None:
    where = jnp.asarray(where)
  return topk_masks(jnp.asarray(scores), k, where=where)


def topk_masks(
  scores: Scores, k: int | Array, *, where: PyTree | None = None
) -> Masks:
  """Masks of the k highest scores over all leaves together.

  Leaves are ranked against each other where they lie, never concatenated.

  Args:
    scores: a tree of floating leaves of any shapes; `None` leaves are
      skipped. Fewer than 2^32 - 1 entries in all. float64 is ranked in
      float32.
    k: how many over the whole tree, in [0, number of entries]; an int, or an
      integer scalar array. A traced k cannot be checked and is clipped.
    where: a tree of bool leaves of the structure and shapes of `scores`;
      entries where it is False rank last.

  Returns:
    A tree of bool leaves shaped like `scores`, with exactly k True in all;
    `None` where `scores` has `None`.

  Raises:
    TypeError: scores not floating, `where` not bool, k not an integer.
    ValueError: k out of range, too many entries, or `where` does not fit.
  """
  scores = jax.tree.map(jnp.asarray, scores)
  for path, leaf in paths.flatten(scores).items():
    if not jnp.issubdtype(leaf.dtype, jnp.floating):
      raise TypeError(
        f'scores{_at(path)} are {leaf.dtype}; accepted are floating types'
      )
  if where is not None:
    where = jax.tree.map(jnp.asarray, where)
    _check_where(scores, where)
    where = jax.tree.leaves(where)
  leaves, structure = jax.tree.flatten(scores)
  k = _checked_count(k, sum(leaf.size for leaf in leaves))
  if not leaves:
    return scores
  return jax.tree.unflatten(structure, _select(leaves, where, k))


@jax.jit
def _select(
  leaves: list[Array], where: list[Array] | None, k: Array
) -> list[Array]:
  keys = [_ordered.score_keys(leaf) for leaf in leaves]
  if where is not None:
    keys = _ordered.put_first(keys, where, k)
  return _ordered.select(keys, k)


def _checked_count(k: int | Array, total: int) -> Array:
  """The count k as a uint32 scalar in [0, total]."""
  if total > _ordered.MOST:
    raise ValueError(
      f'{total} scores in all; accepted are at most {_ordered.MOST}'
    )
  if isinstance(k, jax.core.Tracer):
    if k.shape or not jnp.issubdtype(k.dtype, jnp.integer):
      raise TypeError(f'k is {k.aval}; accepted is an integer scalar')
    return jnp.minimum(jnp.maximum(k, 0).astype(jnp.uint32), np.uint32(total))
  try:
    count = operator.index(k)
  except TypeError as error:
    raise TypeError(f'k is {k!r}; accepted is an integer scalar') from error
  if not 0 <= count <= total:
    raise ValueError(f'k is {count}; accepted is 0 to {total}')
  return jnp.uint32(count)


def _check_where(scores: Scores, where: PyTree) -> None:
  """Raises where a leaf of `where` is missing, not bool or misshapen."""
  expected, got = paths.flatten(scores), paths.flatten(where)
  structure: PyTree = jax.tree.structure(scores)
  if structure != jax.tree.structure(where):
    differing = sorted(expected.keys() ^ got.keys())
    raise ValueError(
      'the tree structure of `where` is not that of scores'
      + (f'; they differ at {differing[0]!r}' if differing else '')
    )
  for path, leaf in got.items():
    if leaf.dtype != jnp.bool_:
      raise TypeError(f'where{_at(path)} is {leaf.dtype}; accepted is bool')
    if leaf.shape != expected[path].shape:
      raise ValueError(
        f'where{_at(path)} has shape {leaf.shape}, the scores'
        f' {expected[path].shape}'
      )


def _at(path: str) -> str:
  return f' at {path!r}' if path else ''
