"""Tickets and nets of other programs, as params and masks that a run takes.

Accepted are exported tickets, state dicts of PyTorch with `weight_orig` and
`weight_mask` (`torch.nn.utils.prune`) or `weight` and `mask`, pytrees of Flax
by path, and masks in a file of their own under the names of the weights
(open_lth, jaxpruner): safetensors or npz, never a pickle.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from flax.traverse_util import unflatten_dict

from jaxsparse.core import choices, paths
from jaxsparse.core import masks as masks_lib
from jaxsparse.core.types import Masks, Params, Path
from jaxsparse.runs import reading, targets
from jaxsparse.runs.build import Experiment, build
from jaxsparse.tickets import archives, exports, torch_layout
from jaxsparse.tickets.manifest import StrPath
from jaxsparse.training.checkpoints import check_like, save_params

_Arrays = Mapping[str, np.ndarray]


class Imported(NamedTuple):
  """An imported net.

  Attributes:
    params: its weights.
    masks: its masks; `None` if the file has none.
    leaves: name in the file -> leaf, of a file of PyTorch.
  """

  params: Params
  masks: Masks | None
  leaves: dict[str, Path]


def convert(
  path: StrPath,
  out: StrPath,
  *,
  config: Any = None,
  masks: StrPath = '',
  mapping: Mapping[str, str] | None = None,
) -> Imported:
  """Writes the net in a file as a directory for `init.checkpoint` and `masks`.

  Args:
    path: of the file.
    out: the directory; what an earlier call wrote there is replaced.
    config: of a run with this net; not needed for an exported ticket.
    masks: a file of masks under the names of the weights.
    mapping: module of PyTorch -> module of Flax; others are matched in order
      of use.

  Raises:
    ValueError: a file cannot be read, or does not fit the model.
  """
  experiment = None if config is None else build(config, reading.describe)
  archive = archives.read(path)
  try:
    if exports.KIND in archive.metadata:
      net = Imported(*exports.read(archive), {})
    else:
      separate = archives.read(masks).arrays if masks else {}
      net = _foreign(archive.arrays, separate, experiment, mapping or {})
    if experiment is not None:
      check_like(net.params, experiment.params, 'it')
  except ValueError as error:
    raise ValueError(f'{path}: {error}') from None
  save_params(out, net.params, net.masks)
  return net


def fields(masks: Masks | None, out: StrPath) -> dict[str, Any]:
  """Returns the config fields of a run that starts from `out`, with `masks`."""
  if masks is None:
    return {'init.checkpoint': str(out)}
  sizes = masks_lib.sizes_by_path(masks)
  layers = tuple(
    f'{path}={_sparsity(sizes[path], active):.12g}'
    for path, active in masks_lib.active_by_path(masks).items()
  )
  return {
    'init.checkpoint': str(out),
    'init.masks': str(out),
    'updater.layers': layers,
  }


def _sparsity(size: int, active: int) -> float:
  """Returns a sparsity of which `size` weights leave exactly `active`.

  Distributions round the number of zeros down; the half keeps it clear of that.
  """
  return (size - active + 0.5) / size if active < size else 0.0


def split(arrays: _Arrays) -> tuple[dict[str, np.ndarray], ...]:
  """Separates weights from masks, both under the names of the weights.

  >>> split({'fc.weight_orig': w, 'fc.weight_mask': m, 'fc.bias': b})
  ({'fc.weight': w, 'fc.bias': b}, {'fc.weight': m})

  Statistics of BatchNorm are left out.
  """
  weights, masks = {}, {}
  for name, array in arrays.items():
    if (of := _mask_of(name)) is not None:
      masks[of] = array
    elif name.rpartition('.')[2] not in torch_layout.STATISTICS:
      weights[name.removeprefix('params/').removesuffix('_orig')] = array
  return weights, masks


def _mask_of(name: str) -> str | None:
  """Returns the name of the weight of a mask; `None` for other arrays."""
  if name.startswith('masks/'):
    return name.removeprefix('masks/')
  if name.endswith('.mask'):
    return name.removesuffix('mask') + 'weight'
  return name.removesuffix('_mask') if name.endswith('_mask') else None


def _foreign(
  arrays: _Arrays,
  separate: _Arrays,
  experiment: Experiment | None,
  mapping: Mapping[str, str],
) -> Imported:
  """Converts the arrays of another program."""
  if experiment is None:
    raise ValueError(
      '--config is required for a file of another program: that of a run with'
      ' the same net'
    )
  weights, masks = split(arrays)
  masks |= {_mask_of(name) or name: mask for name, mask in separate.items()}
  if not weights:
    raise ValueError('it holds masks alone; they go in --masks, beside weights')
  masks = _checked(weights, masks)
  like: dict[Path, Any] = paths.flatten(experiment.params)
  leaves: dict[str, Path] = {}
  if not weights.keys() & like.keys():
    leaves, in_flax = _from_torch(weights, experiment, mapping)
    weights, masks = in_flax(weights), in_flax(masks)
  weights = {
    path: np.asarray(array, like[path].dtype if path in like else array.dtype)
    for path, array in weights.items()
  }
  params = unflatten_dict(weights, sep='/')
  if not masks:
    return Imported(params, None, leaves)
  full = {
    path: np.ones(like[path].shape, bool) for path in experiment.target_counts
  }
  all_masks = {path: (full | masks).get(path) for path in weights}
  return Imported(params, unflatten_dict(all_masks, sep='/'), leaves)


def _checked(weights: _Arrays, masks: _Arrays) -> dict[str, np.ndarray]:
  """Returns masks as bools; each must fit its weight, and be of 0 and 1."""
  for name, mask in masks.items():
    if name not in weights:
      raise ValueError(
        f'the mask of {name!r} has no weight.{choices.nearest(name, weights)}'
      )
    if mask.shape != weights[name].shape:
      raise ValueError(
        f'the mask of {name!r} has shape {mask.shape}, and the weight'
        f' {weights[name].shape}'
      )
    if not np.isin(mask, (0, 1)).all():
      raise ValueError(f'the mask of {name!r} has values other than 0 and 1')
  return {name: mask.astype(bool) for name, mask in masks.items()}


def _from_torch(
  weights: _Arrays, experiment: Experiment, mapping: Mapping[str, str]
) -> tuple[dict[str, Path], Callable[[_Arrays], dict[Path, np.ndarray]]]:
  """Returns the leaf of each weight, and a function that converts arrays."""
  inputs = experiment.example[0]
  order = targets.in_forward_order(experiment.task, experiment.params, inputs)
  like = paths.flatten(experiment.params)
  shapes = {path: like[path].shape for path in order}
  leaves = torch_layout.leaf_names(weights, shapes, mapping)
  for name, path in leaves.items():
    shape = torch_layout.in_flax(weights[name]).shape
    if shape != shapes[path]:
      raise ValueError(
        f'{name!r} has shape {weights[name].shape}, in Flax {shape}; leaf'
        f' {path!r} of the model has {shapes[path]}'
      )
  channels = torch_layout.flattened_channels(shapes, inputs.shape)

  def in_flax(arrays: _Arrays) -> dict[Path, np.ndarray]:
    return {
      leaves[name]: torch_layout.in_flax(array, channels.get(leaves[name], 0))
      for name, array in arrays.items()
    }

  return leaves, in_flax
