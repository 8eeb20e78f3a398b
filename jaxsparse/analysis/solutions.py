"""A trained network, as an argument of analyses that compare several."""

from typing import NamedTuple

import jax
import numpy as np

from jaxsparse.core import paths
from jaxsparse.core.masks import apply_masks, check_masks
from jaxsparse.core.types import Masks, Params, Path, PyTree


class Solution(NamedTuple):
  """A point of weight space.

  Attributes:
    params: the weights.
    masks: their masks; `None` for a dense network.
    model_state: whatever else the model holds, such as running statistics.
  """

  params: Params
  masks: Masks | None = None
  model_state: PyTree = None


def masked_params(solution: Solution) -> Params:
  """Returns the params, 0 outside the masks.

  Raises:
    ValueError: masks that do not fit.
  """
  if solution.masks is None:
    return solution.params
  check_masks(solution.params, solution.masks)
  return apply_masks(solution.params, solution.masks)


def active_entries(solution: Solution) -> dict[Path, np.ndarray]:
  """Marks the active entries of each leaf: bool, all of an exempt leaf.

  Raises:
    ValueError: masks that do not fit.
  """
  check_masks(solution.params, solution.masks)
  masks = paths.flatten(jax.device_get(solution.masks))
  return {
    path: masks.get(path, np.ones(leaf.shape, bool))
    for path, leaf in paths.flatten(solution.params).items()
  }


def check_alike(first: Solution, second: Solution) -> None:
  """Raises `ValueError` at the first leaf whose shapes differ."""
  shapes = [
    {path: leaf.shape for path, leaf in paths.flatten(s.params).items()}
    for s in (first, second)
  ]
  for path in shapes[0] | shapes[1]:
    pair = [by_path.get(path) for by_path in shapes]
    if pair[0] != pair[1]:
      raise ValueError(
        f'solutions differ at {path!r}: got the shapes {pair[0]} and {pair[1]};'
        ' accepted are solutions of one model'
      )


def check_same_masks(first: Solution, second: Solution) -> None:
  """Raises `ValueError` at the first leaf whose active entries differ."""
  expected = active_entries(second)
  for path, mask in active_entries(first).items():
    differing = int(np.sum(mask != expected[path]))
    if differing:
      raise ValueError(
        f'masks differ at {path!r}, in {differing} of {mask.size} entries;'
        ' accepted are equal ones unless same_masks=False'
      )
