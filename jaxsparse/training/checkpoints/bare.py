"""A bare pair of params and masks, saved and loaded in one call each.

They are saved in a step directory like those of a run, and `load_params` reads
either: the masks of a run can start another, and so can dense params.
"""

import functools
import hashlib
import json
import os
from collections.abc import Callable
from typing import TypeVar

import jax
from etils import epath

from jaxsparse import storage
from jaxsparse.core import masks as masks_lib
from jaxsparse.core import paths
from jaxsparse.core.types import Masks, Params, Path, PyTree
from jaxsparse.training import processes
from jaxsparse.training.checkpoints import files, fingerprints, records
from jaxsparse.training.checkpoints.records import (
  CheckpointError,
  CheckpointMismatch,
)

_T = TypeVar('_T')
# A study starts many runs from the same nets. Small ones that were read last
# stay in memory.
_NETS_KEPT = 8
_LARGEST_KEPT = 2**26
_META = {'kind': 'params and masks'}
_ACCEPTED = (
  "accepted are a run's workdir, its checkpoints, one step of them, and what"
  ' save_params wrote'
)


def save_params(
  path: epath.PathLike, params: Params, masks: Masks | None = None
) -> None:
  """Writes params, and masks if there are any, to the directory `path`.

  Args:
    path: made with its parents; what an earlier call wrote there is replaced,
      on a disk by a rename, in a bucket by deletion first.
    params: a pytree of arrays.
    masks: a mask tree of the structure of `params`.

  Raises:
    ValueError: a mask does not fit its parameter.
    TypeError: a leaf is no array.
    CheckpointError: `path` holds something else, or cannot be written.
  """
  if masks is not None:
    masks_lib.check_masks(params, masks)
  directory = files.absolute(path)
  if directory.exists() and not _is_pair(directory):
    raise CheckpointError(
      f'{directory} holds something else; choose a path that is free'
    )
  content = {'params': params, 'masks': masks}
  if storage.is_remote(directory):
    if directory.exists():
      directory.rmtree()
    files.write(directory, content, _META)
    return
  fresh = directory.with_name(directory.name + '.new')
  if fresh.exists():
    fresh.rmtree()  # A killed call left it.
  files.write(fresh, content, _META)
  old = directory.with_name(directory.name + '.old')
  if directory.exists():
    directory.rename(old)
  fresh.rename(directory)
  if old.exists():
    old.rmtree()


def load_params(
  path: epath.PathLike, *, step: int | None = None
) -> tuple[Params, Masks | None]:
  """Reads params and masks, without a model for their shapes.

  Args:
    path: a run's workdir or its checkpoints (the newest good step is read),
      one step of them, or what `save_params` wrote.
    step: which step of a run, instead of the newest good one.

  Returns:
    `(params, masks)`: nested dicts and lists of arrays on the default device;
    masks are `None` if none were saved. A leaf without elements is `None`.

  Raises:
    CheckpointError: nothing there can be read, or it is damaged.
    CheckpointMismatch: the run has no such step; says which there are.
  """
  try:
    return _first_good(path, step, _load)
  except CheckpointMismatch:
    raise
  except CheckpointError as error:
    raise CheckpointError(f'{error}; {_ACCEPTED}') from error


def fingerprint(path: epath.PathLike, *, step: int | None = None) -> str:
  """Fingerprints what `load_params` would read.

  Args:
    path: as for `load_params`.
    step: likewise.

  Returns:
    'step 30, 0123456789ab': the step, and a digest of the shapes, dtypes and
    checksums of params and masks in its record. The arrays are not read.

  Raises:
    CheckpointError: nothing there can be read.
  """
  return _first_good(path, step, _digest)


def _first_good(
  path: epath.PathLike,
  step: int | None,
  attempt: Callable[[epath.Path], _T],
) -> _T:
  """Applies `attempt` to the step directory that `path` refers to."""
  directory = files.absolute(path)
  if step is not None:
    return attempt(_step_path(directory, step))
  for steps in (directory / 'checkpoints', directory):
    result = records.newest(steps, lambda _, step: attempt(step))
    if result is not None:
      return result
  return attempt(directory)


def _step_path(directory: epath.Path, step: int) -> epath.Path:
  """Returns the directory of a step, from a run's workdir or checkpoints."""
  for steps in (directory / 'checkpoints', directory):
    available = records.step_paths(steps)
    if step in available:
      return available[step]
    if available:
      raise CheckpointMismatch(
        f'{steps} has no step {step}; it has {", ".join(map(str, available))}'
      )
  raise CheckpointMismatch(f'{directory} is no run, so it has no step {step}')


def check_like(params: Params, like: Params, source: str) -> None:
  """Checks that loaded params have the leaves and shapes of a model's.

  Args:
    params: what was loaded. Dtypes are not compared.
    like: the model's params, arrays or `ShapeDtypeStruct`s.
    source: where `params` came from, for the message.

  Raises:
    CheckpointMismatch: names the first leaf that differs.
  """
  clause = fingerprints.difference(
    fingerprints.expected(params), fingerprints.expected(like), dtypes=False
  )
  if clause:
    raise CheckpointMismatch(f'{source} does not fit the model: {clause}')


def _is_pair(directory: epath.Path) -> bool:
  try:
    return files.read_record(directory).meta == _META
  except CheckpointError:
    return False


def _digest(directory: epath.Path) -> str:
  record = files.read_record(directory)
  # Runs have recorded digests with the paths of earlier versions.
  prefix = '' if record.meta == _META else records.MEMBER
  read = {p: one for p, one in record.leaves.items() if _is_read(p)}
  leaves = {f'{prefix}{path}': one for path, one in read.items()}
  text = json.dumps([record.step, leaves], sort_keys=True)
  digest = hashlib.sha256(text.encode()).hexdigest()[:12]
  return f'step {record.step}, {digest}'


def _is_read(path: Path) -> bool:
  """Returns whether a leaf is one of the params or masks."""
  return f'{path}/'.startswith(('params/', 'masks/', 'mask_state/masks/'))


def _load(directory: epath.Path) -> tuple[Params, Masks | None]:
  stamp = _stamp(directory)
  small = 0 < sum(size for _, size, _ in stamp) <= _LARGEST_KEPT
  if processes.several():
    small = False  # To read is an operation of all: none may pass over it.
  return (_kept if small else _read)(directory, stamp)


def _stamp(directory: epath.Path) -> tuple[tuple[str, int, int], ...]:
  """Returns the files below a directory, with their sizes and times."""
  files_below = []
  for folder, _, names in os.walk(directory):
    for name in sorted(names):
      path = os.path.join(folder, name)
      status = os.stat(path)
      files_below.append((path, status.st_size, status.st_mtime_ns))
  return tuple(sorted(files_below))


def _read(
  directory: epath.Path, stamp: tuple[tuple[str, int, int], ...]
) -> tuple[Params, Masks | None]:
  del stamp  # Of files that have changed nothing is kept.
  record = files.read_record(directory)
  structure = files.read_structure(directory, record)
  _pair(structure, directory)
  target = paths.map_with_path(
    lambda path, leaf: leaf if _is_read(path) else ..., structure
  )
  params, masks = _pair(files.read(directory, record, target), directory)
  return params, masks if jax.tree.leaves(masks) else None


_kept = functools.lru_cache(maxsize=_NETS_KEPT)(_read)


def _pair(state: PyTree, directory: epath.Path) -> tuple[PyTree, PyTree]:
  """Returns the params and masks of a saved state."""
  if isinstance(state, dict) and {'params', 'mask_state'} <= state.keys():
    return state['params'], state['mask_state']['masks']
  if isinstance(state, dict) and state.keys() == {'params', 'masks'}:
    return state['params'], state['masks']
  raise CheckpointMismatch(
    f'{directory} holds neither the state of one run nor params'
  )
