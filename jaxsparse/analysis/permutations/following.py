"""Finds which units of a net can change places, from its operations.

A net's jaxpr is evaluated on the units of its values in place of the values:
each entry of an activation, a bias or a gain belongs to a unit, each entry of a
kernel to an input unit and an output unit. Operations that move entries move
units with them; where entries meet, their units are one: those that are added
or multiplied, what leaves a layer and what enters the next, the channels of a
residual stream, and all entries of a dense kernel that read a channel of a
flattened image. Units of inputs and outputs are fixed. Units that are in the
same axes, equally often, form a group.
"""

import collections
from collections.abc import Callable, Sequence

import jax
import numpy as np

from jaxsparse.analysis.permutations.groups import Groups, UnitGroup
from jaxsparse.analysis.permutations.operations import (
  FIXED,
  NONE,
  Follower,
  Units,
  of_operand,
  unsupported,
)
from jaxsparse.core import fans, jaxprs, paths
from jaxsparse.core.types import Params, Path, PyTree

# A path, one of its axes of units, and the length of that.
_Axis = tuple[Path, int, int]


def unit_groups(
  logits: Callable[[Params, PyTree, jax.Array], jax.Array],
  params: Params,
  model_state: PyTree,
  inputs: jax.Array | jax.ShapeDtypeStruct,
) -> Groups:
  """Finds the groups of units that can change places.

  Args:
    logits: `(params, model_state, inputs) -> outputs`, in evaluation mode;
      traced, not run. Axes of kernels go by their names (`fans.by_name`).
    params: arrays or `ShapeDtypeStruct`s.
    model_state: likewise; statistics of BatchNorm.
    inputs: likewise, say one example.

  Returns:
    The groups, in the order of the leaves that they are first in.

  Raises:
    ValueError: a net whose units cannot be followed (attention, LayerNorm,
      recurrence, grouped convolutions), or without hidden units.
  """
  closed = jax.make_jaxpr(logits)(params, model_state, inputs)
  axes = _unit_axes(params) + _unit_axes(model_state)
  follower = Follower(1 + sum(size for *_, size in axes))
  leaves = _leaves((params, model_state), axes)
  entering = Units((np.full(inputs.shape, FIXED),))
  for value in jaxprs.evaluate(closed, [*leaves, entering], follower.step):
    follower.merge(of_operand(value).ids[0], np.array(FIXED))
  groups = _grouped(axes, follower.labels)
  if not groups:
    raise ValueError('the net has no hidden units that could change places')
  return groups


def _unit_axes(tree: PyTree) -> list[_Axis]:
  """Returns (path, axis, length) of all axes of units, in the leaves' order."""
  is_kernel = paths.kernels_of(tree)
  axes = []
  for path, leaf in paths.flatten(tree).items():
    if is_kernel(path, leaf.shape):
      roles = fans.find(fans.by_name, path, leaf.shape)
      if (len(roles.in_axes), len(roles.out_axes)) != (1, 1):
        raise unsupported(f'{path!r}, with {roles}')
      axes += [
        (path, a, leaf.shape[a]) for (a,) in (roles.in_axes, roles.out_axes)
      ]
    elif leaf.ndim == 1:
      axes.append((path, 0, leaf.shape[0]))
    elif leaf.ndim:
      raise unsupported(f'{path!r} of shape {leaf.shape}, which is no kernel')
  return axes


def _leaves(trees: Sequence[PyTree], axes: Sequence[_Axis]) -> list[Units]:
  """Returns the units of each leaf; they are counted from 1 along `axes`."""
  by_path = collections.defaultdict(list)
  first = 1
  for path, axis, size in axes:
    by_path[path].append((axis, np.arange(first, first + size)))
    first += size
  leaves = []
  for tree in trees:
    for path, leaf in paths.flatten(tree).items():
      along = [
        np.broadcast_to(
          np.expand_dims(ids, [a for a in range(leaf.ndim) if a != axis]),
          leaf.shape,
        )
        for axis, ids in by_path[path]
      ]
      leaves.append(Units(tuple(along) or (np.full(leaf.shape, NONE),)))
  return leaves


def _grouped(axes: Sequence[_Axis], labels: np.ndarray) -> Groups:
  """Returns units of equal places as groups.

  Units that are fixed, alone, or of a leaf that is not used are in none.
  """
  units: dict[int, dict[int, list[int]]] = {}
  start = 1
  for number, (*_, size) in enumerate(axes):
    for index, label in enumerate(labels[start : start + size].tolist()):
      units.setdefault(label, {}).setdefault(number, []).append(index)
    start += size
  units.pop(int(labels[FIXED]), None)
  alike: dict[tuple[tuple[int, int], ...], list[dict[int, list[int]]]] = {}
  for places in units.values():
    key = tuple((number, len(indices)) for number, indices in places.items())
    alike.setdefault(key, []).append(places)
  return tuple(
    UnitGroup(
      {
        axes[number][:2]: np.array([places[number] for places in members])
        for number, _ in key
      }
    )
    for key, members in alike.items()
    if len(members) > 1 and len(key) > 1
  )
