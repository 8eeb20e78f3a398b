"""How active weights are distributed, and where pruning cuts.

Maene, Li and Moens 2021 (arXiv 2106.06955): where training is stable, the
weights that rounds of pruning leave are of two signs with a gap around 0, and
the threshold rises from round to round.

>>> import jax.numpy as jnp
>>> params = {'kernel': jnp.array([0.5, -0.1, 0.3, -2.0]), 'bias': jnp.ones(1)}
>>> masks = {'kernel': jnp.array([True, True, True, False]), 'bias': None}
>>> net = Solution(params, masks)
>>> histogram(net, np.array([-0.2, 0.0, 0.2, 0.4])).tolist()
[1, 0, 2]
>>> cut = {'kernel': jnp.array([True, False, False, False]), 'bias': None}
>>> smallest, largest = threshold(net, cut)
>>> round(smallest, 3), round(largest, 3)
(0.5, 0.3)
"""

import math
from typing import NamedTuple

import jax
import numpy as np

from jaxsparse.analysis.solutions import Solution, masked_params
from jaxsparse.core import paths
from jaxsparse.core.masks import check_alike_masks
from jaxsparse.core.types import Masks


class Threshold(NamedTuple):
  """Magnitudes on both sides of a cut; NaN where there is no weight.

  Attributes:
    smallest_left: the smallest magnitude of a weight that is left.
    largest_pruned: the largest one of a weight that is pruned. It is the
      smaller of the two if all weights were ranked together by magnitude.
  """

  smallest_left: float
  largest_pruned: float


def active_weights(net: Solution) -> np.ndarray:
  """Returns the active weights of all masked leaves, [n], in their order.

  Raises:
    ValueError: masks that do not fit.
  """
  params, masks = (
    paths.flatten(jax.device_get(tree))
    for tree in (masked_params(net), net.masks)
  )
  parts = [params[path][mask] for path, mask in masks.items()]
  return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def histogram(net: Solution, edges: np.ndarray) -> np.ndarray:
  """Counts the active weights of all masked leaves in bins, [bins].

  Args:
    net: with its masks; dense leaves do not count.
    edges: of the bins, [bins + 1], ascending. Weights beyond them count in the
      first and the last bin.
  """
  weights = np.clip(active_weights(net), edges[0], edges[-1])
  return np.histogram(weights, edges)[0]


def threshold(net: Solution, masks: Masks) -> Threshold:
  """Returns the magnitudes at which the masks of a net were cut.

  Args:
    net: with the masks before the cut.
    masks: after it, within those of `net`. With those of `net` nothing is
      pruned.

  Raises:
    ValueError: masks of other leaves or shapes, or with a weight that `net`
      has pruned.
  """
  check_alike_masks(net.masks, masks)
  before, after = (
    np.concatenate([m.ravel() for m in jax.tree.leaves(jax.device_get(tree))])
    for tree in (net.masks, masks)
  )
  if regrown := int(np.sum(after & ~before)):
    raise ValueError(
      f'{regrown:,} weights are active that were not before the cut; accepted'
      ' are masks within those of the net'
    )
  magnitudes, remaining = np.abs(active_weights(net)), after[before]
  return Threshold(
    float(np.min(magnitudes[remaining])) if remaining.any() else math.nan,
    float(np.max(magnitudes[~remaining])) if not remaining.all() else math.nan,
  )
