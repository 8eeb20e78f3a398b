"""The same sparsity in every layer."""

import math
from collections.abc import Mapping
from fractions import Fraction

from jaxsparse.core import paths
from jaxsparse.core.distributions import _budget, _layers
from jaxsparse.core.types import Counts, Params


def uniform(
  params: Params,
  sparsity: _layers.Sparsity,
  *,
  select: paths.Rule | None = None,
  custom: Mapping[str, _layers.Sparsity] | None = None,
  dense_first: bool | str = False,
  custom_in_budget: bool = False,
) -> Counts:
  """Returns counts of equal sparsity in every layer: N - floor(S N).

  The papers' "Uniform" keeps the first layer dense and lets no other layer
  pay for it, so that the net is a little less sparse than S (Evci et al.
  2020, section 3(1)): set `dense_first`.

  >>> params = {'a': {'kernel': jnp.ones((20, 50)), 'bias': jnp.ones(50)}}
  >>> js.uniform(params, 0.9)
  {'a': {'bias': None, 'kernel': 100}}

  Args:
    params: arrays or `ShapeDtypeStruct`s.
    sparsity: S, the fraction of zeros, in [0, 1); an exact decimal: a float,
      a string or a `Fraction`.
    select: which leaves are subject to sparsity: `(path, shape) -> bool`;
      the kernels by default, `paths.kernels_of(params)`.
    custom: sparsities by path or pattern for leaves that differ from S.
    dense_first: the path (or pattern) of a leaf that stays dense; `True` is
      the first selected leaf in `paths.natural_order`, which is the forward
      order only where names are numbered that way.
    custom_in_budget: as in `erk`: whether S holds over all selected leaves, so
      that the others pay for those of `custom` and `dense_first`, all alike.

  Returns:
    Active weights of each leaf as Python ints; `None` where not selected.

  Raises:
    SparsityError: a sparsity outside [0, 1), or custom leaves that keep more
      weights active than S allows in all.
    ValueError: as in `erk`, but for axes.
    TypeError: a leaf is no array.
  """
  budget = _budget.budget(
    params,
    sparsity,
    select=select,
    custom=custom,
    dense_first=dense_first,
    custom_in_budget=custom_in_budget,
  )
  target = budget.sparsity
  if custom_in_budget:
    size = sum(map(math.prod, budget.shapes.values()))
    target = 1 - Fraction(budget.active, size)
  spread = dict.fromkeys(budget.shapes, target)
  return _layers.counts_tree(params, spread | budget.fixed)
