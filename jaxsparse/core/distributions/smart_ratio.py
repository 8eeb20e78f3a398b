"""Smart ratios: density falls with depth, whatever the layers' sizes are."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction

from jaxsparse.core import choices, paths
from jaxsparse.core.distributions import _budget, _layers
from jaxsparse.core.types import Counts, Params, Path, SparsityError

# Densities before they are scaled, of layer l of L, by l and L - l + 1.
_PROFILES: dict[str, Callable[[int, int], int]] = {
  'quadratic': lambda depth, height: height**2 + height,
  'linear': lambda depth, height: height,
  'cubic': lambda depth, height: height**3,
  'ascending': lambda depth, height: depth**2 + depth,
  'uniform': lambda depth, height: 1,
}


def smart_ratio(
  params: Params,
  sparsity: _layers.Sparsity,
  *,
  select: paths.Rule | None = None,
  custom: Mapping[str, _layers.Sparsity] | None = None,
  dense_first: bool | str = False,
  custom_in_budget: bool = False,
  order: Sequence[Path] | None = None,
  head_density: _layers.Sparsity = 0.3,
  profile: str = 'quadratic',
  by_square: bool = False,
) -> Counts:
  """Returns counts of random tickets (Su et al. 2020, "Sanity-Checking ...").

  Of L layers the density of layer l is proportional to k^2 + k with
  k = L - l + 1; the last one, the classifier, has a density of its own. Where
  a density would pass 1 the layer is dense, and the weights that it cannot hold
  are added to the next layer; those that the last but one cannot hold, to the
  first.

  >>> params = {'a': {'kernel': jnp.ones((20, 50)), 'bias': jnp.ones(50)}}
  >>> params['b'] = {'kernel': jnp.ones((50, 10))}
  >>> js.smart_ratio(params, 0.8)
  {'a': {'bias': None, 'kernel': 150}, 'b': {'kernel': 150}}

  Args:
    params: arrays or `ShapeDtypeStruct`s.
    sparsity: S, the fraction of zeros over all leaves that are not `custom`.
    select: which leaves are subject to sparsity: `(path, shape) -> bool`;
      the kernels by default, `paths.kernels_of(params)`.
    custom: sparsities by path or pattern, as in `erk`; these leaves do not
      count as layers.
    dense_first: as in `erk`.
    custom_in_budget: as in `erk`.
    order: the paths of all selected leaves in forward order, perhaps among
      others; `paths.natural_order` by default. A run passes the order of use.
    head_density: of the last layer, in (0, 1].
    profile: density by depth: `quadratic` as above, `linear` (k), `cubic`
      (k^3), `ascending` (l^2 + l) or `uniform`.
    by_square: whether densities are divided by l^2 as well, which the authors
      do in VGG.

  Returns:
    Active weights of each leaf as Python ints, of the same sum as by
    `uniform`; `None` where not selected.

  Raises:
    SparsityError: as in `erk`; or the last layer leaves too few weights for
      the others, or too many.
    ValueError: as in `erk`, but for axes; the profile is unknown, or a
      selected leaf is not in `order`.

  **Deviations** from the authors' code: counts have exactly this sum, where
  the largest remainders are rounded up; there all are rounded down. A layer
  keeps at least one weight, for which that of the most pays.
  """
  choices.check(f'profile is {profile!r}', profile, _PROFILES)
  budget = _budget.budget(
    params,
    sparsity,
    select=select,
    custom=custom,
    dense_first=dense_first,
    custom_in_budget=custom_in_budget,
  )
  sizes = {path: math.prod(shape) for path, shape in budget.shapes.items()}
  *hidden, head = _ordered({*sizes, *budget.fixed}, order)
  layers = [path for path in hidden if path in sizes]
  sparsities, active = dict(budget.fixed), budget.active
  if head in sizes:
    sparsities[head] = 1 - _density(head_density)
    active -= _layers.active_weights(sparsities[head], sizes[head])
  heights = range(len(layers) + 1, 1, -1)
  ratios = [
    Fraction(_PROFILES[profile](depth, height), depth**2 if by_square else 1)
    for depth, height in enumerate(heights, 1)
  ]
  room = [sizes[path] for path in layers]
  if not len(layers) <= active <= sum(room):
    raise SparsityError(
      f'sparsity {sparsity} cannot be met: beside {head} it leaves {active}'
      f' active weights for {sum(room)} places in {len(layers)} layers, each of'
      ' which needs one'
    )
  counts = _spread(active, ratios, room)
  for path, count in zip(layers, counts, strict=True):
    sparsities[path] = 1 - Fraction(count, sizes[path])
  return _layers.counts_tree(params, sparsities)


def _density(density: _layers.Sparsity) -> Fraction:
  """Returns an exact density in (0, 1]."""
  value = Fraction(str(density))
  if not 0 < value <= 1:
    raise SparsityError(
      f'head_density is {density!r}; accepted is a number in (0, 1]'
    )
  return value


def _ordered(
  selected: Collection[Path], order: Sequence[Path] | None
) -> list[Path]:
  """Returns the selected paths in forward order."""
  if order is None:
    return paths.natural_order(selected)
  missing = [path for path in selected if path not in order]
  if missing:
    raise ValueError(f'order lacks {", ".join(paths.natural_order(missing))}')
  return [path for path in dict.fromkeys(order) if path in selected]


def _spread(
  active: int, ratios: Sequence[Fraction], sizes: Sequence[int]
) -> list[int]:
  """Returns counts of densities proportional to `ratios`, capped at 1.

  They are at least 1 and sum to `active`, which the layers have room for.
  """
  shares = [r * size for r, size in zip(ratios, sizes, strict=True)]
  exact = [active * share / sum(shares) for share in shares]
  surplus = Fraction(0)
  for _ in range(2):  # What the last layer cannot hold goes to the first.
    for i, size in enumerate(sizes):
      count = exact[i] + surplus
      exact[i] = min(count, Fraction(size))
      surplus = count - exact[i]
  counts = [max(1, math.floor(value)) for value in exact]
  ranked = sorted(range(len(sizes)), key=lambda i: counts[i] - exact[i])
  missing = active - sum(counts)
  for i in ranked[: max(0, missing)]:
    counts[i] += 1
  for _ in range(-missing):
    counts[counts.index(max(counts))] -= 1
  return counts
