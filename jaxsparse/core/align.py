"""Matches trees to a leading one by path, whatever containers hold them.

The trees of one net can be held by different containers: `flax.nnx` gives an
optimiser a `State` of variables when it starts and one of arrays from then on,
keeps its state in variables of another kind, and has dicts beside them. To
`jax.tree.map` these are different trees, or worse, a variable is a leaf that
is not `None` and can be computed with. So masks, counts, scores and statistics
follow by path. Results have the structure of the leading tree.
"""

from collections.abc import Callable
from typing import Any

import jax
from jax import tree_util

from jaxsparse.core import choices, paths
from jaxsparse.core.types import Path, PyTree


def aligned(
  lead: PyTree,
  tree: PyTree,
  what: str = 'a tree that follows',
  of: str = 'the tree of params',
) -> list[Any]:
  """Returns the leaves of `tree` in the order of `jax.tree.leaves(lead)`.

  Args:
    lead: the tree whose leaves are followed.
    tree: a leaf, or `None`, for each of them, in any containers.
    what: `tree` is, for the error: '`where`'.
    of: `lead` is, likewise: '`scores`'.

  Raises:
    ValueError: names the first path at which only one of the two has a leaf.
  """
  leaves = _in_same_containers(lead, tree)
  if leaves is None:
    return _by_path(list(paths.flatten(lead)), with_none(tree), what, of)
  return leaves


def same_containers(lead: PyTree, tree: PyTree) -> bool:
  """Returns whether `tree` has the containers of `lead` around its leaves.

  It has a leaf or `None` where `lead` has a leaf.
  """
  return _in_same_containers(lead, tree) is not None


def map_aligned(fn: Callable[..., Any], lead: PyTree, *rest: PyTree) -> PyTree:
  """Maps `fn(leaf, *rest_leaves)` over `lead`; the rest follows by path.

  Args:
    fn: called for each leaf of `lead`.
    lead: the tree that leads.
    *rest: trees with a leaf, or `None`, for each of its leaves.

  Returns:
    A tree of the structure of `lead`.

  Raises:
    ValueError: names the first path at which one of the trees has no leaf.
  """
  leaves, structure = jax.tree.flatten(lead)
  columns = [leaves, *(aligned(lead, tree) for tree in rest)]
  return jax.tree.unflatten(structure, map(fn, *columns))


def with_none(tree: PyTree) -> dict[Path, Any]:
  """Returns the leaves of `tree` by path, those that are `None` included."""
  return paths.flatten(tree, lambda leaf: leaf is None)


def _in_same_containers(lead: PyTree, tree: PyTree) -> list[Any] | None:
  structure: Any = jax.tree.structure(lead)
  try:
    leaves: list[Any] = structure.flatten_up_to(tree)
  except ValueError:
    return None
  # A variable that holds a leaf is a leaf to `lead`, and a container.
  bare = tree_util.all_leaves(leaf for leaf in leaves if leaf is not None)
  return leaves if bare else None


def _by_path(
  lead: list[Path], leaves: dict[Path, Any], what: str, of: str
) -> list[Any]:
  for path, leaf in leaves.items():
    if leaf is not None and path not in lead:
      raise ValueError(
        f'{what} has a leaf at {path!r}, where {of} has none.'
        f'{choices.nearest(path, lead)}'
      )
  for path in lead:
    if path not in leaves:
      raise ValueError(
        f'{what} has nothing at {path!r}, where {of} has a leaf; accepted is'
        ' a leaf or None'
      )
  return [leaves[path] for path in lead]
