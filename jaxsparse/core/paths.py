"""Paths of leaves, alike for linen, nnx, equinox and plain trees.

A path is the keys from the root joined by '/': `layers_0/kernel`,
`layers/0/weight`. The `.value` of a flax.nnx variable is left out. No two
leaves of a tree have one path: where keys hold a '/' themselves, and two leaves
would, those keys are quoted. Patterns are those of `fnmatch` (`*` also crosses
'/').

A rule `(path, shape) -> bool` selects leaves. By default they are the kernels,
`kernels_of`. A custom selection can start from them:

    is_kernel = paths.kernels_of(params)
    erk(params, 0.9, select=lambda p, s: is_kernel(p, s) and p != 'head/weight')
"""

import collections
import fnmatch
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import jax
from jax import tree_util

from jaxsparse.core import _nodes, choices
from jaxsparse.core.types import Path, PyTree, Shape

Rule = Callable[[Path, Shape], bool]

# The kernels of Equinox, [out, in, ...]; Flax has `kernel`, [..., in, out].
WEIGHTS = ('weight', 'weight_ih', 'weight_hh')

_VALUE = tree_util.GetAttrKey('value')
_KeyPath = tuple[Any, ...]


def flatten(
  tree: PyTree, is_leaf: Callable[[Any], bool] | None = None
) -> dict[Path, Any]:
  """Returns the leaves of `tree` by path, in the order of `jax.tree.leaves`.

  Args:
    tree: any tree.
    is_leaf: nodes that are leaves too, as in `jax.tree.flatten`.

  Raises:
    ValueError: two leaves have the same path; names it.
  """
  pairs = tree_util.tree_flatten_with_path(tree, is_leaf)[0]
  names = _names(tree, [key_path for key_path, _ in pairs])
  leaves = dict(zip(names, (leaf for _, leaf in pairs), strict=True))
  if len(leaves) < len(names):
    path = next(name for name in leaves if names.count(name) > 1)
    raise ValueError(
      f'two leaves have the path {path!r}; accepted are keys that differ when'
      ' quoted and joined: rename one'
    )
  return leaves


def map_with_path(
  fn: Callable[..., Any], tree: PyTree, *rest: PyTree
) -> PyTree:
  """Maps `fn(path, leaf, *rest_leaves)` over the leaves of `tree`.

  Raises:
    ValueError: two leaves have the same path, or a tree of `rest` has another
      structure.
  """
  leaves = flatten(tree)
  structure: Any = jax.tree.structure(tree)
  columns = [structure.flatten_up_to(other) for other in rest]
  return jax.tree.unflatten(
    structure, map(fn, leaves.keys(), leaves.values(), *columns)
  )


def _names(tree: PyTree, key_paths: Sequence[_KeyPath]) -> list[Path]:
  """Returns the paths of key paths, without the `.value` of variables."""
  variables: set[_KeyPath] = set()
  if any(len(path) > 1 and path[-1] == _VALUE for path in key_paths):
    variables = set(_outermost(tree, _nodes.is_variable))
  keys = [
    _keys(path[:-1] if len(path) > 1 and path[:-1] in variables else path)
    for path in key_paths
  ]
  slashes = any('/' in key for parts in keys for key in parts)
  shared = _shared(tree) if slashes else set()
  return [
    path if (path := '/'.join(parts)) not in shared else _quoted(parts)
    for parts in keys
  ]


def _keys(key_path: _KeyPath) -> list[str]:
  return [tree_util.keystr((key,), simple=True) for key in key_path]


def _quoted(keys: Sequence[str]) -> Path:
  return '/'.join(repr(key) if '/' in key else key for key in keys)


def _shared(tree: PyTree) -> set[Path]:
  """Returns the joined keys that more than one leaf has.

  `None` leaves count too, so that a leaf has one path in params and in masks.
  """
  leaves = tree_util.tree_flatten_with_path(
    tree, lambda x: x is None or _nodes.is_variable(x)
  )[0]
  counts = collections.Counter('/'.join(_keys(path)) for path, _ in leaves)
  return {path for path, count in counts.items() if count > 1}


def _outermost(
  tree: PyTree, test: Callable[[Any], bool]
) -> dict[_KeyPath, Any]:
  """Returns the outermost nodes of `tree` that pass `test`, by key path."""
  nodes = tree_util.tree_flatten_with_path(tree, test)[0]
  return {key_path: node for key_path, node in nodes if test(node)}


def kernels(path: Path, shape: Shape) -> bool:
  """Returns whether a leaf's name and shape are those of a kernel.

  A kernel has two or more axes and is called `kernel` (Flax), or `weight`,
  `weight_ih` or `weight_hh` (Equinox). Flax calls the gains of norms `scale`
  and tables `embedding`, Equinox both `weight`: these are no kernels where the
  layer's name, the last in the path that is no index, ends with `norm` or
  `norms` and digits, or has `embed` in it and the leaf has two axes. Of a
  layer in a field of another name `kernels_of` knows more.
  """
  name = path.rsplit('/', 1)[-1]
  if len(shape) < 2 or name not in ('kernel', *WEIGHTS):
    return False
  gain = re.search(r'norms?[\d_]*$', layer(path))
  table = 'embed' in layer(path) and len(shape) == 2
  return name == 'kernel' or not (gain or table)


def layer(path: Path) -> str:
  """Returns the lower-case name of a leaf's layer, '' if it has none.

  The last part of the path before the leaf's that is no index: that of
  `Conv_0/kernel` is `conv_0`, that of `convs/0/kernel` is `convs`. A path of
  one part is a layer's.
  """
  parts = path.split('/')
  names = [part for part in parts[:-1] or parts if not part.isdigit()]
  return names[-1].lower() if names else ''


def kernels_of(tree: PyTree) -> Rule:
  """Returns the rule that selects the kernels of `tree`: the default.

  Kernels are those of dense, convolutional and recurrent layers and of
  attention, in linen, nnx and Equinox alike; gains of norms, embeddings,
  biases and LoRA's factors are not. A layer of `equinox.nn` is known by its
  class, whatever its field is called. All other leaves are recognised by their
  names, see `kernels`: a table called `weight` in a plain tree or a custom
  module, under a name without `embed`, passes for a kernel.

  Args:
    tree: params; an Equinox module keeps its classes under `eqx.filter`.
  """
  by_class = {
    '/'.join([*_keys(key_path), name]): _nodes.has_kernels(layer)
    for key_path, layer in _outermost(tree, _nodes.is_equinox_layer).items()
    for name in WEIGHTS
  }

  def rule(path: Path, shape: Shape) -> bool:
    by_name = kernels(path, shape)
    return by_class.get(path, by_name) and len(shape) > 1

  return rule


def matches(path: Path, pattern: str) -> bool:
  """Returns whether `pattern` is `path`, or a pattern that `path` matches."""
  return path == pattern or fnmatch.fnmatchcase(path, pattern)


def matching(
  names: Collection[Path], pattern: str, *, what: str, where: str = ''
) -> list[Path]:
  """Returns the `names` that match `pattern`, in their order.

  Args:
    names: paths.
    pattern: a path or an `fnmatch` pattern.
    what: the names are, for the error: 'kernels'.
    where: the pattern is from, likewise: 'no_decay'.

  Raises:
    ValueError: no name matches, or the pattern is not a string.
  """
  start = f'{where}: ' if where else ''
  if not isinstance(pattern, str):
    raise ValueError(f'{start}got {pattern!r}; accepted is a pattern of {what}')
  matched = [name for name in names if matches(name, pattern)]
  if not matched:
    raise ValueError(
      f'{start}{pattern!r} fits none of the {what}:'
      f' {", ".join(natural_order(names))}.{choices.nearest(pattern, names)}'
    )
  return matched


def natural_order(names: Iterable[Path]) -> list[Path]:
  """Sorts `names` so that `Dense_2` comes before `Dense_10`."""

  def parts(name):
    return [
      (0, int(p), '') if p.isdigit() else (1, 0, p)
      for p in re.split(r'(\d+)', name)
    ]

  return sorted(names, key=parts)


def leaf_shape(leaf: Any) -> Shape:
  """Returns the shape of an array, a `ShapeDtypeStruct` or a shape tuple."""
  return tuple(leaf.shape if hasattr(leaf, 'shape') else leaf)


def check_arrays(params: PyTree) -> None:
  """Raises `TypeError` naming the first leaf that is no array, nor abstract."""
  for path, leaf in flatten(params).items():
    if not (hasattr(leaf, 'shape') and hasattr(leaf, 'dtype')):
      raise TypeError(
        f'params leaf {path!r} is a {type(leaf).__name__}; accepted are'
        ' arrays (for an Equinox module: eqx.filter(model,'
        ' eqx.is_inexact_array))'
      )


def abstract(tree: PyTree) -> PyTree:
  """Replaces each array of `tree` by its `jax.ShapeDtypeStruct`."""
  return jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), tree
  )


def order_of_use(
  fn: Callable[..., Any], params: PyTree, *inputs: Any
) -> list[Path]:
  """Returns the paths of `params` in the order in which `fn` first uses them.

  Args:
    fn: `(params, *inputs) -> outputs`; traced, not run.
    params: arrays or `ShapeDtypeStruct`s.
    *inputs: likewise.

  Returns:
    Each path once; leaves that `fn` does not use come last.
  """
  leaves = flatten(params)
  jaxpr = jax.make_jaxpr(fn)(params, *inputs).jaxpr
  path_of = dict(zip(jaxpr.invars, leaves, strict=False))
  used: dict[Path, None] = {}
  for equation in jaxpr.eqns:
    for var in equation.invars:
      if not hasattr(var, 'val') and var in path_of:
        used[path_of[var]] = None
  return [*used, *(path for path in leaves if path not in used)]
