"""Leaves named by path, alike for linen, nnx, equinox and plain trees.

A path is the keys from the root joined by '/': `layers_0/kernel`,
`layers/0/weight`. The `.value` that flax.nnx appends to a variable is left
out. Patterns are those of `fnmatch` (`*` also crosses '/').
"""

import difflib
import fnmatch
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

import jax
from jax import tree_util

from jaxsparse.core.types import Path, PyTree, Shape

Rule = Callable[[Path, Shape], bool]

_KERNEL_NAMES = ('kernel', 'weight')


def path_str(key_path: tuple[Any, ...]) -> Path:
  """The path string of a key path of `jax.tree_util`."""
  names = [
    tree_util.keystr((key,), simple=True, separator='/') for key in key_path
  ]
  if len(names) > 1 and names[-1] in ('value', 'raw_value'):
    names = names[:-1]
  return '/'.join(names)


def flatten(tree: PyTree) -> dict[Path, Any]:
  """The leaves of `tree` by path, in the order of `jax.tree.leaves`."""
  return {
    path_str(path): leaf
    for path, leaf in tree_util.tree_flatten_with_path(tree)[0]
  }


def map_with_path(
  fn: Callable[..., Any], tree: PyTree, *rest: PyTree
) -> PyTree:
  """`fn(path, leaf, *rest_leaves)` over the leaves of `tree`."""
  return tree_util.tree_map_with_path(
    lambda path, *leaves: fn(path_str(path), *leaves), tree, *rest
  )


def kernels(path: Path, shape: Shape) -> bool:
  """The default rule: kernels of dense and convolutional layers.

  A leaf called `kernel` (Flax) or `weight` (Equinox) with two or more axes.
  """
  return path.rsplit('/', 1)[-1] in _KERNEL_NAMES and len(shape) >= 2


def matches(path: Path, pattern: str) -> bool:
  """Whether `pattern` is `path`, or an `fnmatch` pattern that it matches."""
  return path == pattern or fnmatch.fnmatchcase(path, pattern)


def matching(
  names: Collection[Path], pattern: str, *, what: str, where: str = ''
) -> list[Path]:
  """Those of `names` that match `pattern`, in their order.

  Args:
    names: paths.
    pattern: a path or an `fnmatch` pattern.
    what: the names are, for the error: 'kernels'.
    where: the pattern is from, likewise: 'no_decay'.

  Raises:
    ValueError: none of them does, or the pattern is no text.
  """
  start = f'{where}: ' if where else ''
  if not isinstance(pattern, str):
    raise ValueError(f'{start}got {pattern!r}; accepted is a pattern of {what}')
  found = [name for name in names if matches(name, pattern)]
  if not found:
    raise ValueError(
      f'{start}{pattern!r} fits none of the {what}:'
      f' {", ".join(natural_order(names))}.{nearest(pattern, names)}'
    )
  return found


def natural_order(names: Iterable[Path]) -> list[Path]:
  """`names` sorted so that `Dense_2` comes before `Dense_10`."""

  def parts(name):
    return [
      (0, int(p), '') if p.isdigit() else (1, 0, p)
      for p in re.split(r'(\d+)', name)
    ]

  return sorted(names, key=parts)


def nearest(name: str, accepted: Iterable[str]) -> str:
  """' Did you mean ...?' for the accepted name nearest to `name`, or ''."""
  close = difflib.get_close_matches(name, list(accepted), n=1, cutoff=0.5)
  return f' Did you mean {close[0]!r}?' if close else ''


def leaf_shape(leaf: Any) -> Shape:
  """The shape of an array, a `ShapeDtypeStruct` or a shape tuple."""
  return tuple(leaf.shape if hasattr(leaf, 'shape') else leaf)


def abstract(tree: PyTree) -> PyTree:
  """`tree` with each array replaced by its `jax.ShapeDtypeStruct`."""
  return jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), tree
  )


def order_of_use(
  fn: Callable[..., Any], params: PyTree, *inputs: Any
) -> list[Path]:
  """The paths of `params` in the order in which `fn` first uses them.

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
