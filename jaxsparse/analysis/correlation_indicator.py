"""How much two nets agree on which of their weights are large.

Liu et al. 2021, "Lottery Ticket Preserves Weight Correlation" (arXiv
2102.11068), and Ma et al. 2021, "Sanity Checks for Lottery Tickets"
(arXiv 2107.00166), appendix G. Where training moves weights little, those that
are large at the end were large at the start, and a mask cut by magnitude fits
the initial weights.

>>> import jax.numpy as jnp
>>> start = {'kernel': jnp.array([4.0, -3.0, 2.0, 1.0]), 'bias': jnp.ones(1)}
>>> end = {'kernel': jnp.array([-5.0, 1.0, 2.0, 9.0]), 'bias': jnp.ones(1)}
>>> masks = {'kernel': jnp.array([True, True, True, False]), 'bias': None}
>>> correlation_indicator(start, end, masks, 2 / 3)
(0.5, {'kernel': 0.5})

**Deviations** from the papers, which do not say how to round: p N is rounded to
the nearest integer, halves up, to 1 at least, and the indicator is a fraction
of the weights that are compared, so that it is 1 for equal nets. Ties go to the
first weights. Layers without an active weight do not count.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.masks import (
  active_by_path,
  check_masks,
  map_masks_with_path,
)
from jaxsparse.core.topk import topk_masks_by_leaf
from jaxsparse.core.types import Counts, Masks, Params, Path


def correlation_indicator(
  first: Params, second: Params, masks: Masks, p: float
) -> tuple[float, dict[Path, float]]:
  """Computes R_p, the overlap of the largest weights of two nets.

  In each layer, of the N weights in its mask, those with the p N largest
  magnitudes are compared. About p for independent weights, and 1 for one
  ranking.

  Args:
    first: params.
    second: params of the same model.
    masks: the active weights of both; `None` leaves do not count. Concrete.
    p: the fraction of the active weights that are compared, in (0, 1].

  Returns:
    `(total, by leaf)`: the share of the weights compared that both nets have
    among their largest, of all layers together and of each; in [0, 1], NaN
    without any active weight.

  Raises:
    ValueError: p is out of range, or masks do not fit the params of both.
  """
  if not 0 < p <= 1:
    raise ValueError(f'p is {p}; accepted is in (0, 1]')
  check_masks(first, masks)
  check_masks(second, masks)
  sizes = {path: _size(p, n) for path, n in active_by_path(masks).items()}
  counts = map_masks_with_path(lambda path, *_: sizes[path], first, masks)
  tops = [_largest(params, counts, masks) for params in (first, second)]
  common = {path: int(np.sum(tops[0][path] & tops[1][path])) for path in sizes}
  by_leaf = {path: common[path] / n for path, n in sizes.items() if n}
  total = sum(sizes.values())
  return (sum(common.values()) / total if total else math.nan), by_leaf


def _size(p: float, active: int) -> int:
  """Returns how many of the active weights of a leaf are compared."""
  return min(active, max(1, math.floor(p * active + 0.5)))


def _largest(
  params: Params, counts: Counts, masks: Masks
) -> dict[Path, np.ndarray]:
  """Marks the largest active weights of each masked leaf."""
  magnitudes = jax.tree.map(jnp.abs, params)
  largest = topk_masks_by_leaf(magnitudes, counts, where=masks)
  return paths.flatten(jax.device_get(largest))
