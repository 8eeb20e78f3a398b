"""Iterative pruning: the counts that rounds leave, and the masks of a round."""

import math
from collections.abc import Collection, Mapping
from fractions import Fraction

from jaxsparse.core import paths
from jaxsparse.core.masks import active_by_path, sizes_by_path, spread
from jaxsparse.core.topk import topk_masks, topk_masks_by_leaf
from jaxsparse.core.types import Counts, Masks, Path, PyTree, Scores


def after(count: int, rate: float, rounds: int = 1) -> int:
  """Returns how many of `count` weights are left after rounds of pruning.

  A round prunes floor(rate * n + 1/2) of the n that are left, exactly in
  decimals.

  Args:
    count: weights before the first round.
    rate: the fraction that a round prunes, in [0, 1).
    rounds: how many.
  """
  exact = Fraction(str(rate))
  for _ in range(rounds):
    count -= math.floor(exact * count + Fraction(1, 2))
  return count


def counts_after(
  tree: PyTree,
  rate: float,
  rounds: int,
  *,
  by_layer: bool = False,
  layers: Mapping[Path, float] | None = None,
) -> Counts:
  """Returns the counts that rounds of pruning leave of dense leaves.

  Args:
    tree: leaves with a shape, `None` where exempt.
    rate: of each round, in [0, 1).
    rounds: how many.
    by_layer: whether each leaf loses this fraction. Else leaves are ranked
      together: exact is the sum of their counts, which are as if all leaves had
      the same density.
    layers: leaf -> a rate of its own, by which it is pruned apart from the
      others; 0 leaves it dense.

  Returns:
    A tree of ints, `None` where exempt.
  """
  rates, sizes = layers or {}, sizes_by_path(tree)
  counts = {
    path: after(size, rates.get(path, rate), rounds)
    for path, size in sizes.items()
  }
  together = [path for path in sizes if not by_layer and path not in rates]
  joint = {path: sizes[path] for path in together}
  counts |= spread(joint, after(sum(joint.values()), rate, rounds))
  return paths.map_with_path(lambda path, _: counts[path], tree)


def cut(
  scores: Scores,
  masks: Masks,
  counts: Counts,
  *,
  by_layer: bool = False,
  apart: Collection[Path] = (),
) -> Masks:
  """Keeps the active weights of highest score; of equal ones the first.

  Args:
    scores: shaped like the masks.
    masks: bool leaves, `None` where exempt.
    counts: weights that stay of each leaf, ints.
    by_layer: whether each leaf keeps its count. Else leaves are ranked together
      and keep the sum of theirs.
    apart: leaves that keep their counts all the same.

  Returns:
    Masks that are active only where `masks` are.

  Raises:
    ValueError: more weights are to stay than are active; names the leaf.
  """
  check_enough(masks, counts, by_layer=by_layer, apart=apart)
  together, alone = _split(counts, by_layer, apart)

  def of(tree: PyTree, group: list[Path]) -> dict[Path, PyTree]:
    leaves = paths.flatten(tree)
    return {path: leaves[path] for path in group}

  total = sum(of(counts, together).values())
  highest = topk_masks(of(scores, together), total, where=of(masks, together))
  highest |= topk_masks_by_leaf(
    of(scores, alone), of(counts, alone), where=of(masks, alone)
  )
  return paths.map_with_path(lambda path, _: highest[path], masks)


def check_enough(
  masks: Masks,
  counts: Counts,
  *,
  by_layer: bool = False,
  apart: Collection[Path] = (),
) -> None:
  """Raises `ValueError` if more weights are to stay than are active.

  Arguments are those of `cut`. Masks that lack a leaf of `counts`, or have one
  more, are refused as well.
  """
  least_by_path, active = paths.flatten(counts), active_by_path(masks)
  for path in sorted(least_by_path.keys() ^ active.keys()):
    raise ValueError(f'masks and counts differ in having the leaf {path!r}')
  together, alone = _split(counts, by_layer, apart)
  for group in (together, *([path] for path in alone)):
    least, most = (
      sum(n[path] for path in group) for n in (least_by_path, active)
    )
    if least > most:
      raise ValueError(
        f'{least:,} weights are to stay of {", ".join(group)}, and {most:,} are'
        f' active; accepted are masks with at least {least:,}'
      )


def _split(
  counts: Counts, by_layer: bool, apart: Collection[Path]
) -> tuple[list[Path], list[Path]]:
  """Returns the leaves that are ranked together, and those ranked alone."""
  names = list(paths.flatten(counts))
  together = [path for path in names if not by_layer and path not in apart]
  return together, [path for path in names if path not in together]
