"""Erdos-Renyi: density falls with the number of input and output units."""

import math
from collections.abc import Mapping

from jaxsparse.core import fans, paths
from jaxsparse.core.distributions import _budget, _layers
from jaxsparse.core.types import Counts, Params, Path, Shape


def er(
  params: Params,
  sparsity: _layers.Sparsity,
  *,
  select: paths.Rule | None = None,
  custom: Mapping[str, _layers.Sparsity] | None = None,
  dense_first: bool | str = False,
  custom_in_budget: bool = False,
  axes: fans.Rule = fans.by_name,
) -> Counts:
  """Returns Erdos-Renyi counts (Mocanu et al. 2018, eq. 3), capped as in ERK.

  The density of a kernel of in and out units is proportional to
  (in + out) / (in out), whatever its spatial axes are. Dense kernels get the
  same as under `erk`.

  >>> params = {'a': {'kernel': jnp.ones((20, 50)), 'bias': jnp.ones(50)}}
  >>> js.er(params, 0.9)
  {'a': {'bias': None, 'kernel': 100}}

  Args:
    params: arrays or `ShapeDtypeStruct`s.
    sparsity: S, the fraction of zeros over all leaves that are not `custom`.
    select: which leaves are subject to sparsity: `(path, shape) -> bool`;
      the kernels by default, `paths.kernels_of(params)`.
    custom: sparsities by path or pattern, as in `erk`.
    dense_first: as in `erk`.
    custom_in_budget: as in `erk`.
    axes: the axes of input and output units, by the leaf's name unless a rule
      is passed; see `core.fans`.

  Returns:
    Active weights of each leaf as Python ints; `None` where not selected.

  Raises:
    SparsityError: as in `erk`, and for a leaf of fewer than two axes.
    ValueError: as in `erk`.
  """
  budget = _budget.budget(
    params,
    sparsity,
    select=select,
    custom=custom,
    dense_first=dense_first,
    custom_in_budget=custom_in_budget,
  )
  shares = {
    path: _share(path, shape, axes) for path, shape in budget.shapes.items()
  }
  spread = _budget.spread(budget, shares)
  return _layers.counts_tree(params, spread | budget.fixed)


def _share(path: Path, shape: Shape, axes: fans.Rule) -> int:
  """Returns (in + out) / (in out) x size."""
  sides = _layers.sides(path, shape, axes)
  return sides.stacked * math.prod(sides.taps) * (sides.inputs + sides.outputs)
