"""Erdos-Renyi: density falls with the number of input and output units."""

import math
from collections.abc import Mapping

from jaxsparse.core import paths
from jaxsparse.core.distributions import _budget, _layers
from jaxsparse.core.types import Counts, Params, Path, Shape, SparsityError


def er(
  params: Params,
  sparsity: _layers.Sparsity,
  *,
  select: paths.Rule = paths.kernels,
  custom: Mapping[str, _layers.Sparsity] | None = None,
  dense_first: bool | str = False,
  custom_in_budget: bool = False,
  unit_axes: tuple[int, int] = (-2, -1),
) -> Counts:
  """Erdos-Renyi (Mocanu et al. 2018, eq. 3), with the capping of ERK.

  The density of a kernel of shape [..., in, out] is proportional to
  (in + out) / (in out), whatever its spatial axes are. Dense kernels get the
  same as under `erk`.

  Args:
    params: arrays or `ShapeDtypeStruct`s.
    sparsity: S, the fraction of zeros over all leaves that are not `custom`.
    select: which leaves are subject to sparsity: `(path, shape) -> bool`.
    custom: sparsities by path or pattern, as in `erk`.
    dense_first: as in `erk`.
    custom_in_budget: as in `erk`.
    unit_axes: the axes of input and output units, in either order: the last
      two in Flax ([h, w, in, out]), `(0, 1)` in Equinox ([out, in, h, w]).

  Returns:
    Active weights of each leaf as Python ints; `None` where not selected.

  Raises:
    SparsityError: as in `erk`, and for a leaf without those two axes.
    ValueError: nothing selected, or a pattern that fits no selected leaf.
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
    path: _share(path, shape, unit_axes)
    for path, shape in budget.shapes.items()
  }
  spread = _budget.spread(budget, shares)
  return _layers.counts_tree(params, spread | budget.fixed)


def _share(path: Path, shape: Shape, unit_axes: tuple[int, int]) -> int:
  """(in + out) / (in out) x size."""
  if len(shape) < 2:
    raise SparsityError(
      f'{path!r} has shape {shape}; Erdos-Renyi needs an axis of input units'
      ' and one of output units'
    )
  one, other = (shape[axis] for axis in unit_axes)
  return (one + other) * (math.prod(shape) // (one * other))
