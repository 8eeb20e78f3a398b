"""Weight matching: the permutations that bring one net closest to another.

Ainsworth et al. 2023, "Git Re-Basin: Merging Models modulo Permutation
Symmetries", algorithm 1: the units of one group after the other are permuted
such that the inner product of both nets' weights is the largest while the other
groups stay, which is a linear assignment. It ends where no group changes.

**Deviations**: a group is permuted only where that raises the inner product,
so that ties move nothing and the search ends.
"""

from collections.abc import Mapping

import jax
import numpy as np

from jaxsparse.analysis.permutations.groups import (
  Groups,
  Permutations,
  UnitGroup,
  identity,
  permute,
)
from jaxsparse.analysis.solutions import Solution, check_alike
from jaxsparse.core import paths, prng
from jaxsparse.core.types import Params, Path

Weights = Mapping[Path, np.ndarray]

# As a part of the largest inner product that there could be; less is rounding.
_LEAST_GAIN = 1e-12


def match_weights(
  groups: Groups, params: Params, target: Params, *, key: jax.Array
) -> Permutations:
  """Finds permutations that bring a net close to another.

  Args:
    groups: of the net, from `unit_groups`.
    params: of the net; 0 where masked.
    target: of the other net, likewise.
    key: a PRNG key, for the order of the groups in each sweep over them.

  Returns:
    Permutations after which `permute(groups, permutations, params)` is at a
    local minimum of the distance to `target`.

  Raises:
    ValueError: nets of different shapes.
  """
  check_alike(Solution(params), Solution(target))
  moved, fixed = _weights(params), _weights(target)
  permutations = list(identity(groups))
  sweep, changed = 0, True
  while changed:
    changed = False
    order = jax.random.permutation(prng.at(key, sweep), len(groups))
    for i in np.asarray(order).tolist():
      update = _assignment(groups[i], moved, fixed)
      candidate = permute((groups[i],), (update,), moved)
      if _gains(groups[i], candidate, moved, fixed):
        moved, changed = candidate, True
        permutations[i] = permutations[i][update]
    sweep += 1
  return tuple(permutations)


def _weights(params: Params) -> dict[Path, np.ndarray]:
  """Returns the leaves in float64, by path."""
  leaves = paths.flatten(jax.device_get(params))
  return {path: np.asarray(leaf, np.float64) for path, leaf in leaves.items()}


def _assignment(group: UnitGroup, moved: Weights, fixed: Weights) -> np.ndarray:
  """Returns the permutation of one group with the largest inner product."""
  from scipy.optimize import linear_sum_assignment

  products = np.zeros((group.size, group.size))
  for (path, axis), indices in group.axes.items():
    if path in fixed:
      products += _units(fixed[path], axis, indices) @ (
        _units(moved[path], axis, indices).T
      )
  return np.asarray(linear_sum_assignment(products, maximize=True)[1])


def _units(leaf: np.ndarray, axis: int, indices: np.ndarray) -> np.ndarray:
  """Returns the weights of each unit, [units, weights]."""
  rows = np.moveaxis(leaf, axis, 0)[indices]
  return rows.reshape(len(indices), -1)


def _gains(
  group: UnitGroup, candidate: Weights, moved: Weights, fixed: Weights
) -> bool:
  """Returns whether the inner product with `fixed` rises."""
  gain = bound = 0.0
  for path in {path for path, _ in group.axes if path in fixed}:
    gain += float(np.vdot(candidate[path] - moved[path], fixed[path]))
    bound += float(np.linalg.norm(moved[path]) * np.linalg.norm(fixed[path]))
  return bool(gain > _LEAST_GAIN * bound)
