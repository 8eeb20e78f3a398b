"""Erdos-Renyi-Kernel: density falls with the size of a kernel."""

from collections.abc import Mapping

from jaxsparse.core import fans, paths
from jaxsparse.core.distributions import _budget, _layers
from jaxsparse.core.types import Counts, Params, Path, Shape


def erk(
  params: Params,
  sparsity: _layers.Sparsity,
  *,
  select: paths.Rule | None = None,
  custom: Mapping[str, _layers.Sparsity] | None = None,
  dense_first: bool | str = False,
  custom_in_budget: bool = False,
  axes: fans.Rule = fans.by_name,
) -> Counts:
  """Returns Erdos-Renyi-Kernel counts (Evci et al. 2020, section 3(1)).

  The density of a kernel of shape [..., in, out] is proportional to the sum of
  its axes over their product, (h + w + in + out) / (h w in out). An attention
  kernel, whose heads have a separate axis, counts as the matrix [in, out];
  else the order of axes plays no part. Kernels whose density would pass 1
  are dense and the others pay for them. Every count is N - floor(s N), so the
  sum exceeds the budget by less than one weight a layer.

  >>> params = {'a': {'kernel': jnp.ones((20, 50)), 'bias': jnp.ones(50)}}
  >>> js.erk(params, 0.9)
  {'a': {'bias': None, 'kernel': 100}}

  Args:
    params: arrays or `ShapeDtypeStruct`s.
    sparsity: S, the fraction of zeros over all leaves that are not `custom`,
      in [0, 1); an exact decimal: a float, a string or a `Fraction`.
    select: which leaves are subject to sparsity: `(path, shape) -> bool`;
      the kernels by default, `paths.kernels_of(params)`.
    custom: fixed sparsities of some leaves, by path or pattern.
    dense_first: the path (or pattern) of a leaf that stays dense, as `custom`
      with sparsity 0; `True` is the first selected leaf in
      `paths.natural_order`, which is the forward order only where names are
      numbered that way.
    custom_in_budget: whether S holds over all selected leaves, so that the
      others pay for the custom ones. By default nobody does, as in the
      authors' code.
    axes: the axes of input and output units, by the leaf's name unless a rule
      is passed; see `core.fans`.

  Returns:
    Active weights of each leaf as Python ints; `None` where not selected.

  Raises:
    SparsityError: a sparsity outside [0, 1), or custom leaves that keep more
      weights active than S allows in all.
    ValueError: nothing selected, a pattern that fits no selected leaf, a leaf
      whose axes are not known, or one selected that holds no floats.
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
  shares = {
    path: _share(path, shape, axes) for path, shape in budget.shapes.items()
  }
  spread = _budget.spread(budget, shares)
  return _layers.counts_tree(params, spread | budget.fixed)


def _share(path: Path, shape: Shape, axes: fans.Rule) -> int:
  """Returns (h + w + in + out) / (h w in out) x size; size for a vector."""
  if len(shape) < 2:
    return sum(shape)
  sides = _layers.sides(path, shape, axes)
  return sides.stacked * (sum(sides.taps) + sides.inputs + sides.outputs)
