"""Tickets as safetensors files.

Tensors are `params/<leaf>`; `masks/<leaf>`, the bits of a mask in the order of
its elements, eight a byte, the highest first (`numpy.packbits`); and
`model_state/<leaf>`, such as BatchNorm's statistics; and `step`, that of the
weights. The one entry of the metadata is the manifest, as JSON: the order of
several would change from file to file.
"""

import dataclasses
import math

import jax
import numpy as np
from flax.traverse_util import unflatten_dict

from jaxsparse.analysis.solutions import masked_params
from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths
from jaxsparse.core.types import Masks, Params, Path, Shape
from jaxsparse.runs import finished, reading
from jaxsparse.tickets import archives, record
from jaxsparse.tickets.archives import Archive
from jaxsparse.tickets.manifest import StrPath, leaves_of, manifest

KIND = 'jaxsparse ticket'


def export(workdir: StrPath, path: StrPath, *, step: int | None = None) -> None:
  """Writes a ticket to a safetensors file.

  Args:
    workdir: of the ticket.
    path: of the file.
    step: of the weights; by default the first, which are the ticket's.

  Raises:
    ValueError: there is no ticket, or it is damaged, or has no such step.
    SaveFailed: the file cannot be written.
  """
  ticket = manifest(workdir)
  step = ticket.start_step if step is None else step
  net = finished.solution(finished.load(workdir, reading.describe), step)
  masks = paths.flatten(jax.device_get(net.masks))
  trees = {'params': masked_params(net), 'model_state': net.model_state}
  arrays = {
    f'{prefix}/{leaf}': np.asarray(array)
    for prefix, tree in trees.items()
    for leaf, array in paths.flatten(jax.device_get(tree)).items()
  } | {f'masks/{leaf}': np.packbits(mask) for leaf, mask in masks.items()}
  arrays['step'] = np.array([step], np.int32)
  archives.write(path, arrays, {KIND: record.to_json(ticket)})


def read(archive: Archive) -> tuple[Params, Masks]:
  """Returns the weights and masks of an exported ticket.

  Raises:
    ValueError: it is damaged: a leaf is missing, or is not that of the
      manifest.
  """
  ticket = record.from_json(archive.metadata[KIND])
  weights: dict[Path, np.ndarray] = {}
  masks: dict[Path, np.ndarray | None] = {}
  for path, leaf in ticket.leaves.items():
    weights[path] = _tensor(archive, f'params/{path}')
    masks[path] = None
    if leaf.mask is not None:
      masks[path] = _mask(_tensor(archive, f'masks/{path}'), leaf.shape)
  trees = unflatten_dict(weights, sep='/'), unflatten_dict(masks, sep='/')
  masks_lib.check_masks(*trees)
  at_start = _tensor(archive, 'step') == ticket.start_step
  for path, leaf in leaves_of(*trees).items():
    expected = ticket.leaves[path]
    if not at_start:
      expected = dataclasses.replace(expected, weights=leaf.weights)
    if change := next(record.leaf_changes(path, expected, leaf), None):
      raise ValueError(f'it is not what its manifest says: {change}')
  return trees


def _tensor(archive: Archive, name: str) -> np.ndarray:
  if name not in archive.arrays:
    raise ValueError(f'it lacks the tensor {name!r}')
  return archive.arrays[name]


def _mask(bits: np.ndarray, shape: Shape) -> np.ndarray:
  size = math.prod(shape)
  if bits.dtype != np.uint8 or bits.shape != (-(-size // 8),):
    raise ValueError(
      f'a mask of shape {shape} has {-(-size // 8)} bytes; got'
      f' {bits.dtype} {bits.shape}'
    )
  return np.unpackbits(bits, count=size).astype(bool).reshape(shape)
