"""The budget of active weights, and its spread over leaves."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from jaxsparse.core import paths
from jaxsparse.core.distributions import _layers
from jaxsparse.core.types import Params, Path, Shape, SparsityError


class Budget(NamedTuple):
  """A target sparsity: leaves of fixed sparsity, and a budget for the others.

  Attributes:
    sparsity: the target S, exact.
    shapes: shapes of the leaves that sparsity is spread over.
    fixed: sparsities of the leaves outside the budget, by path.
    active: weights that `shapes` may keep active together: the sum of
      N - floor(S N).
  """

  sparsity: Fraction
  shapes: dict[Path, Shape]
  fixed: dict[Path, Fraction]
  active: int


def budget(
  params: Params,
  sparsity: _layers.Sparsity,
  *,
  select: paths.Rule | None,
  custom: Mapping[str, _layers.Sparsity] | None,
  dense_first: bool | str,
  custom_in_budget: bool = False,
) -> Budget:
  """Returns the budget of a distribution; arguments as in `erk.erk`.

  Raises:
    SparsityError: a sparsity outside [0, 1), or leaves of `custom` that keep
      more weights active than the target allows in all.
    ValueError: nothing selected, or a pattern that fits no selected leaf.
  """
  target = _layers.exact(sparsity)
  shapes = _layers.selected(params, select)
  fixed = _fixed(custom or {}, dense_first, shapes)
  free = {path: shape for path, shape in shapes.items() if path not in fixed}
  active = _active(dict.fromkeys(free, target), shapes)
  if custom_in_budget:
    everywhere = _active(dict.fromkeys(shapes, target), shapes)
    active = everywhere - _active(fixed, shapes)
  size = sum(map(math.prod, free.values()))
  if (free or custom_in_budget) and not 0 < active <= size:
    raise SparsityError(
      f'sparsity {sparsity} over {len(shapes)} leaves cannot be met: beside'
      f' {", ".join(paths.natural_order(fixed))} it leaves {active} active'
      f' weights for {size} places'
    )
  return Budget(target, free, fixed, active)


def spread(budget: Budget, shares: Mapping[Path, int]) -> dict[Path, Fraction]:
  """Returns sparsities with density proportional to p_l, capped at 1.

  The loop of Evci et al. 2020: where the largest density would pass 1, all
  leaves that have it become dense, the others pay, and it starts again.

  Args:
    budget: the weights to spread.
    shares: p_l N_l of each leaf of `budget.shapes`; positive.
  """
  sizes = {path: math.prod(shape) for path, shape in budget.shapes.items()}
  raw = {path: Fraction(shares[path], size) for path, size in sizes.items()}
  dense: set[Path] = set()
  epsilon = Fraction(0)
  while rest := raw.keys() - dense:
    active = budget.active - sum(sizes[path] for path in dense)
    epsilon = Fraction(active, sum(shares[path] for path in rest))
    highest = max(raw[path] for path in rest)
    if epsilon * highest <= 1:
      break
    dense |= {path for path in rest if raw[path] == highest}
  return dict.fromkeys(dense, Fraction(0)) | {
    path: 1 - epsilon * raw[path] for path in rest
  }


def _fixed(
  custom: Mapping[str, _layers.Sparsity],
  dense_first: bool | str,
  shapes: Mapping[Path, Shape],
) -> dict[Path, Fraction]:
  """Returns the sparsities of the leaves outside the budget, by path."""
  fixed = _layers.by_pattern(custom, shapes)
  if not dense_first:
    return fixed
  name = paths.natural_order(shapes)[0] if dense_first is True else dense_first
  for path in _layers.by_pattern({name: 0}, shapes):
    if fixed.setdefault(path, Fraction(0)) != 0:
      raise ValueError(
        f'dense_first keeps {path!r} dense, and custom gives it sparsity'
        f' {float(fixed[path])}'
      )
  return fixed


def _active(
  sparsities: Mapping[Path, Fraction], shapes: Mapping[Path, Shape]
) -> int:
  """Sums the active weights of the leaves of `sparsities`."""
  return sum(
    _layers.active_weights(s, math.prod(shapes[path]))
    for path, s in sparsities.items()
  )
