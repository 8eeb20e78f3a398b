"""Exact top-k masks: of one array, global over a tree, and of each leaf.

All equal a stable descending sort bit for bit, on every backend, device
count and sharding, under jit or not. Entries are ranked by

1. `where`: those where it is False come after all others;
2. the canonical score, downwards: `where(abs(s) >= tiny, s, 0)` in float32,
   `tiny` being its least normal number, so that subnormals and -0 equal 0
   (backends differ on both). NaN comes after -inf;
3. place: leaf by leaf in the order of `jax.tree.leaves`, then flat index.

A tree is searched as a whole, whether its leaves are ranked together or each
by itself: a search costs much more to compile than to run.

Keys are made in `_ordered`, searched in `_search`, made masks in `_select`.
"""

import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxsparse.core import _ordered, _select, paths
from jaxsparse.core.align import aligned
from jaxsparse.core.types import Counts, Masks, Path, PyTree, Scores


def topk_mask(
  scores: Array, k: int | Array, *, where: Array | None = None
) -> Array:
  """Returns a mask of the k highest scores.

  >>> js.topk_mask(jnp.array([0.5, 3.0, 1.0]), 2)
  Array([False,  True,  True], dtype=bool)

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
  return topk_masks(jnp.asarray(scores), k, where=where)


def topk_masks(
  scores: Scores, k: int | Array, *, where: PyTree | None = None
) -> Masks:
  """Returns masks of the k highest scores over all leaves together.

  Leaves are ranked against each other in place, never concatenated.

  >>> js.topk_masks({'a': jnp.array([3.0, 1.0]), 'b': jnp.array([2.0])}, 2)
  {'a': Array([ True, False], dtype=bool), 'b': Array([ True], dtype=bool)}

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
  leaves, structure = jax.tree.flatten(scores)
  names = list(paths.flatten(scores))
  leaves = list(map(_checked_scores, names, leaves))
  if where is not None:
    where = aligned(scores, where, '`where`', '`scores`')
    where = [list(map(_checked_where, names, leaves, where))]
  k = _checked_count('k', k, sum(leaf.size for leaf in leaves))
  if not leaves:
    return scores
  return jax.tree.unflatten(structure, _masks([leaves], where, [k])[0])


def topk_masks_by_leaf(
  scores: Scores,
  counts: Counts,
  *,
  where: PyTree | None = None,
  eligible: PyTree | None = None,
) -> Masks:
  """Returns masks of the highest scores of each leaf by itself.

  Equal to `topk_mask` of each leaf, by one search for them all, which compiles
  in a fraction of the time.

  Args:
    scores: a tree of floating leaves of any shapes. float64 is ranked in
      float32.
    counts: how many of each leaf, in [0, size]: an int, or an integer scalar
      array, or `None` where a leaf has no mask (its scores are not read). A
      traced count cannot be checked and is clipped.
    where: a tree of bool leaves of the structure and shapes of `scores`;
      entries where it is False rank last in their leaf. It may hold `None`
      where `counts` does.
    eligible: how many entries of each leaf of `where` are True, where that is
      known; else they are counted.

  Returns:
    A tree of bool leaves shaped like `scores`, with exactly `counts` True;
    `None` where `counts` has `None`.

  Raises:
    TypeError: scores not floating, `where` not bool, a count not an integer.
    ValueError: a count out of range, too many entries in a leaf, or `counts`
      or `where` does not fit.
  """
  leaves, structure = jax.tree.flatten(scores)
  names = list(paths.flatten(scores))
  counts = aligned(scores, counts, '`counts`', '`scores`')
  masked = [i for i, count in enumerate(counts) if count is not None]
  groups = [[_checked_scores(names[i], leaves[i])] for i in masked]
  if where is not None:
    where = aligned(scores, where, '`where`', '`scores`')
    where = [
      [_checked_where(names[i], keys[0], where[i])]
      for i, keys in zip(masked, groups, strict=True)
    ]
  k = [
    _checked_count(f'the count{_at(names[i])}', counts[i], keys[0].size)
    for i, keys in zip(masked, groups, strict=True)
  ]
  if eligible is not None:
    eligible = aligned(scores, eligible, '`eligible`', '`scores`')
    eligible = [jnp.asarray(eligible[i]) for i in masked]
  masks = [None] * len(leaves)
  group_masks = _masks(groups, where, k, eligible)
  for i, mask in zip(masked, group_masks, strict=True):
    masks[i] = mask[0]
  return jax.tree.unflatten(structure, masks)


@jax.jit
def _masks(
  groups: list[list[Array]],
  where: list[list[Array]] | None,
  k: list[Array],
  eligible: list[Array] | None = None,
) -> list[list[Array]]:
  """Returns masks of the k highest scores of each group of arrays."""
  if not groups:
    return []
  counts = _clipped(k, [sum(x.size for x in group) for group in groups])
  keys = [[_ordered.score_keys(leaf) for leaf in group] for group in groups]
  if where is None:
    return _select.select(keys, counts, counts * 0)
  eligible = eligible or [sum(map(_ordered.count, one)) for one in where]
  true_counts = jnp.stack(eligible).astype(jnp.uint32)
  all_in = counts > true_counts
  flags = _ordered.unstacked(all_in.astype(jnp.uint32)[:, None])
  keys = [
    [_ordered.put_first(key, one, flag) for key, one in zip(*pair, strict=True)]
    for *pair, (flag,) in zip(keys, where, flags, strict=True)
  ]
  return _select.select(keys, counts, jnp.where(all_in, true_counts, 0))


def _clipped(k: list[Array], totals: list[int]) -> Array:
  """Clips the counts to [0, total] of each group; uint32 [groups]."""
  if len({one.dtype for one in k}) > 1:
    k = [_unsigned(one) for one in k]
  return jnp.minimum(_unsigned(jnp.stack(k)), np.array(totals, np.uint32))


def _unsigned(k: Array) -> Array:
  """Converts integers to uint32, clipped to its range."""
  if k.dtype.itemsize > 4:
    k = jnp.minimum(k, k.dtype.type(_ordered.MOST))
  return jnp.maximum(k, 0).astype(jnp.uint32)


def _checked_scores(path: Path, scores: Any) -> Array:
  scores = jnp.asarray(scores)
  if not jnp.issubdtype(scores.dtype, jnp.floating):
    raise TypeError(
      f'scores{_at(path)} are {scores.dtype}; accepted are floating types'
    )
  return scores


def _checked_where(path: Path, scores: Array, where: Any) -> Array:
  if where is None:
    raise ValueError(f'where{_at(path)} is None; accepted is a bool array')
  where = jnp.asarray(where)
  if where.dtype != jnp.bool_:
    raise TypeError(f'where{_at(path)} is {where.dtype}; accepted is bool')
  if where.shape != scores.shape:
    raise ValueError(
      f'where{_at(path)} has shape {where.shape}, the scores {scores.shape}'
    )
  return where


def _checked_count(name: str, k: int | Array, total: int) -> Array:
  """Checks that the count k is in [0, total], unless it is traced."""
  if total > _ordered.MOST:
    raise ValueError(
      f'{total} scores in all; accepted are at most {_ordered.MOST}'
    )
  if isinstance(k, jax.core.Tracer):
    if k.shape or not jnp.issubdtype(k.dtype, jnp.integer):
      raise TypeError(f'{name} is {k.aval}; accepted is an integer scalar')
    return k
  try:
    count = operator.index(k)
  except TypeError as error:
    raise TypeError(
      f'{name} is {k!r}; accepted is an integer scalar'
    ) from error
  if not 0 <= count <= total:
    raise ValueError(f'{name} is {count}; accepted is 0 to {total}')
  return jnp.uint32(count)


def _at(path: Path) -> str:
  return f' at {path!r}' if path else ''
