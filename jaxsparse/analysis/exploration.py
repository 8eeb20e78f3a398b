"""How much of a network its masks have visited, and how fast they move.

>>> import jax.numpy as jnp
>>> start = {'w': jnp.array([True, True, False, False]), 'b': None}
>>> later = {'w': jnp.array([True, False, True, False]), 'b': None}
>>> seen = explored(start, later)
>>> exploration_rate(seen)
(0.75, {'w': 0.75})
>>> churn(start, later)
(0.5, {'w': 0.5})
"""

from collections.abc import Mapping

from jaxsparse.core import masks as masks_lib
from jaxsparse.core.types import Masks, Path

Rates = tuple[float, dict[Path, float]]


def explored(seen: Masks, masks: Masks) -> Masks:
  """The weights of `seen`, and those that are active now.

  Starting from a run's first masks and called after each mask step, it holds
  the weights that were ever active. Works under jit.

  Args:
    seen: masks; `None` leaves are exempt.
    masks: masks of the same leaves and shapes.
  """
  return masks_lib.map_masks(lambda s, m: s | m, seen, masks)


def exploration_rate(seen: Masks) -> Rates:
  """The in-time over-parameterisation rate R_s (Liu et al. 2021, ICML).

  "Do We Actually Need Dense Over-Parameterization?", section 3: the fraction
  of all maskable weights that were active at some time. A static mask stays at
  its density, a dense network is at 1.

  Args:
    seen: from `explored`, concrete.

  Returns:
    `(total, by leaf)`: over all masked leaves together, and of each, in
    [0, 1].

  Raises:
    ValueError: there are no masks.
  """
  return _rates(masks_lib.active_by_path(seen), masks_lib.sizes_by_path(seen))


def churn(old: Masks, new: Masks) -> Rates:
  """The fraction of `old`'s active weights that `new` does not hold.

  Args:
    old: masks, concrete; `None` leaves are exempt.
    new: masks of the same leaves and shapes, of one or many updates later.

  Returns:
    `(total, by leaf)`: over all masked leaves together, and of each, in
    [0, 1]; 0 where nothing was active.

  Raises:
    ValueError: there are no masks.
  """
  gone = masks_lib.map_masks(lambda o, n: o & ~n, old, new)
  return _rates(masks_lib.active_by_path(gone), masks_lib.active_by_path(old))


def _rates(part: Mapping[Path, int], whole: Mapping[Path, int]) -> Rates:
  if not whole:
    raise ValueError('no leaf is masked: there is nothing to explore')
  total = sum(part.values()) / max(sum(whole.values()), 1)
  return total, {path: part[path] / max(n, 1) for path, n in whole.items()}
