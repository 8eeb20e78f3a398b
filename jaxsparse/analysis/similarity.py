"""How much two networks have in common."""

from collections.abc import Mapping

import jax
import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.types import Masks, Path


def mask_overlap(a: Masks, b: Masks) -> tuple[float, dict[Path, float]]:
  """Intersection over union of the active weights of two mask trees.

  The Jaccard index, as in Evci et al. 2022, "Gradient Flow in Sparse Neural
  Networks and How Lottery Tickets Win", where solutions are compared. For
  independent random masks with a share d of active weights it is d / (2 - d).

  Args:
    a: masks; `None` leaves are exempt.
    b: masks of the same leaves and shapes.

  Returns:
    `(total, by leaf)`: over all masked leaves together, and of each; in
    [0, 1], and 1 where no weight is active in either.

  Raises:
    ValueError: there are no masks, or they differ in leaves or shapes.
  """
  first, second = (paths.flatten(jax.device_get(masks)) for masks in (a, b))
  _check(first, second)
  both = {p: int(np.sum(first[p] & second[p])) for p in first}
  any_ = {p: int(np.sum(first[p] | second[p])) for p in first}
  by_leaf = {p: _share(both[p], any_[p]) for p in first}
  return _share(sum(both.values()), sum(any_.values())), by_leaf


def _share(part: int, whole: int) -> float:
  return part / whole if whole else 1.0


def _check(
  first: Mapping[Path, np.ndarray], second: Mapping[Path, np.ndarray]
) -> None:
  if not first:
    raise ValueError('got no masks; accepted are masks of one leaf or more')
  for path in sorted(first.keys() | second.keys()):
    shapes = [m[path].shape if path in m else None for m in (first, second)]
    if shapes[0] != shapes[1]:
      raise ValueError(
        f'masks differ at {path!r}: got the shapes {shapes[0]} and'
        f' {shapes[1]}; accepted are equal ones'
      )
