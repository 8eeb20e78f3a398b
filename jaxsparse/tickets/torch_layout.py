"""Weights of PyTorch in the names and layouts of Flax.

Linear [out, in] becomes [in, out], a convolution [out, in, h, w] becomes [h, w,
in, out]. PyTorch flattens images channels first, Flax channels last: the inputs
of a dense layer after a convolution, or on images, are reordered.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from jaxsparse.core import choices
from jaxsparse.core.types import Path, Shape

# BatchNorm's statistics are no params.
STATISTICS = ('running_mean', 'running_var', 'num_batches_tracked')
# The name in PyTorch -> those in Flax.
_LEAVES = {'weight': ('kernel', 'scale', 'embedding'), 'bias': ('bias',)}


def leaf_names(
  names: Iterable[str],
  leaves: Collection[Path],
  mapping: Mapping[str, str],
) -> dict[str, Path]:
  """Returns the leaf of each weight.

  Args:
    names: `fc1.weight`, `fc1.bias`, ...; in the order of use but for those in
      `mapping`.
    leaves: the model's, in the order of their use.
    mapping: module of PyTorch -> module of Flax, for some of them; the others
      are matched in order.

  Raises:
    ValueError: names the first module or leaf that has no counterpart.
  """
  theirs, ours = _by_module(names, '.'), _by_module(leaves, '/')
  for module, other in mapping.items():
    choices.check(f'--map: got {module!r}', module, theirs)
    choices.check(f'--map: got {other!r}', other, ours)
  unmatched = [m for m in ours if m not in mapping.values()]
  rest = [m for m in theirs if m not in mapping]
  if len(unmatched) != len(rest):
    raise ValueError(
      f'the file has the modules {", ".join(rest)}, and the model'
      f' {", ".join(unmatched)}; accepted are as many, or --map=MODULE=MODULE'
    )
  pairs: dict[str, Path] = {}
  matched = {**mapping, **dict(zip(rest, unmatched, strict=True))}
  for module, other in matched.items():
    pairs |= _pairs(module, theirs[module], other, ours[other])
  return pairs


def _by_module(names: Iterable[str], at: str) -> dict[str, list[str]]:
  """Returns the last part of each name by what precedes it."""
  modules: dict[str, list[str]] = {}
  for name in names:
    module, _, leaf = name.rpartition(at)
    modules.setdefault(module, []).append(leaf)
  return modules


def _pairs(
  module: str, theirs: Sequence[str], other: str, ours: Sequence[str]
) -> dict[str, Path]:
  """Returns the leaf of each weight of one module."""
  pairs = {}
  for name in theirs:
    leaf = next((x for x in _LEAVES.get(name, ()) if x in ours), None)
    if leaf is None:
      raise ValueError(
        f'{module}.{name} has no counterpart among the leaves of {other!r},'
        f' {", ".join(ours)}'
      )
    pairs[f'{module}.{name}'] = f'{other}/{leaf}'
  for leaf in ours:
    if f'{other}/{leaf}' not in pairs.values():
      raise ValueError(
        f"leaf '{other}/{leaf}' has no counterpart in {module!r}, which has"
        f' {", ".join(theirs)}'
      )
  return pairs


def flattened_channels(
  shapes: Mapping[Path, Shape], inputs: Shape
) -> dict[Path, int]:
  """Returns the channels of the images that a dense kernel takes flattened.

  Args:
    shapes: of the model's leaves, in the order of their use.
    inputs: shape of its inputs; images are [n, h, w, c].
  """
  channels = inputs[-1] if len(inputs) == 4 else 0
  by_leaf = {}
  for path, shape in shapes.items():
    if len(shape) == 4:
      channels = shape[-1]
    elif len(shape) == 2:
      if channels and shape[0] > channels and shape[0] % channels == 0:
        by_leaf[path] = channels
      channels = 0
  return by_leaf


def in_flax(array: np.ndarray, channels: int = 0) -> np.ndarray:
  """Returns a weight or a mask in the layout of Flax.

  Args:
    array: [out, in, ...], or of one axis, which stays as it is.
    channels: of the images whose pixels are the axis `in`, if they are.
  """
  if array.ndim < 2:
    return array
  if channels:
    by_channel = array.reshape(len(array), channels, -1)
    array = by_channel.swapaxes(1, 2).reshape(len(array), -1)
  return array.transpose(*range(2, array.ndim), 1, 0)
