"""Sparsities set layer by layer."""

from collections.abc import Mapping

from jaxsparse.core import paths
from jaxsparse.core.distributions import _layers
from jaxsparse.core.types import Counts, Params


def layer_map(
  params: Params,
  sparsity: _layers.Sparsity | None = None,
  *,
  layers: Mapping[str, _layers.Sparsity],
  select: paths.Rule | None = None,
) -> Counts:
  """Returns counts N - floor(s N) from a sparsity s for each layer.

  >>> params = {'a': {'kernel': jnp.ones((20, 50)), 'bias': jnp.ones(50)}}
  >>> js.layer_map(params, layers={'a/kernel': 0.9})
  {'a': {'bias': None, 'kernel': 100}}

  Args:
    params: arrays or `ShapeDtypeStruct`s.
    sparsity: the sparsity of the selected leaves that no pattern fits;
      `None` if every one is to be named in `layers`.
    layers: sparsities by path or `fnmatch` pattern, exact decimals in [0, 1).
      A full path wins over a pattern.
    select: which leaves are subject to sparsity: `(path, shape) -> bool`;
      the kernels by default, `paths.kernels_of(params)`. A leaf of sparsity 0
      is selected: it has a mask, and it counts.

  Returns:
    Active weights of each leaf as Python ints; `None` where not selected.

  Raises:
    SparsityError: a sparsity outside [0, 1).
    ValueError: nothing selected, a pattern that fits no selected leaf, two
      patterns that fit one, a selected leaf that holds no floats, or, with
      `sparsity` None, a leaf that none fits.
    TypeError: a leaf is no array.
  """
  shapes = _layers.selected(params, select)
  sparsities = _layers.by_pattern(layers, shapes)
  rest = [path for path in shapes if path not in sparsities]
  if sparsity is not None:
    sparsities |= dict.fromkeys(rest, _layers.exact(sparsity))
  elif rest:
    raise ValueError(
      f'layers gives no sparsity for {", ".join(rest)}, and there is no'
      ' sparsity for the leaves that it leaves out'
    )
  return _layers.counts_tree(params, sparsities)
