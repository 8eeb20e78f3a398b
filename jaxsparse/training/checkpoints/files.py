"""Step directories on disk: the only file that uses Orbax.

A step directory holds two items: `state`, the pytree as Orbax stores any, and
`meta`, its record (see `records`). Orbax commits both by one rename, or in a
bucket by an object that it writes last. Damage that it does not detect is
detected here: an empty or half-removed directory, from which it restores
nothing without an error, and a flipped bit.
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from etils import epath

from jaxsparse import storage
from jaxsparse.core.prng import is_key
from jaxsparse.core.types import PyTree
from jaxsparse.training import processes, sharding
from jaxsparse.training.checkpoints import fingerprints, records
from jaxsparse.training.checkpoints.records import CheckpointError

if TYPE_CHECKING:
  import orbax.checkpoint as ocp

TRASH = '.trash'
_PART = 150
_T = TypeVar('_T')


def _is_news(line: logging.LogRecord) -> bool:
  """Returns whether a line in absl's log is for a person to read.

  Orbax logs each step of each save at INFO, and absl binaries show that level.
  A save that fails is logged by each of its threads with a traceback; here it
  is reported once, by the error that waiting for it raises.
  """
  if '/orbax/' not in line.pathname:
    return True
  if line.exc_info:
    return logging.getLogger('jaxsparse').isEnabledFor(logging.DEBUG)
  # On a machine that is busy a save waits for the one before, as it should.
  waited = 'Waiting for previous save' in line.getMessage()
  return line.levelno >= logging.WARNING and not waited


logging.getLogger('absl').addFilter(_is_news)


def absolute(path: epath.PathLike) -> epath.Path:
  """Returns `path` in the form that Orbax accepts."""
  return epath.Path(storage.absolute(path))


def write(
  directory: epath.Path, state: PyTree, meta: dict[str, Any], *, step: int = 0
) -> None:
  """Writes one step directory, outside any run, and waits for it.

  Raises:
    CheckpointError: it cannot be written, or is there already.
    TypeError: as for `Checkpoints.save`.
  """
  record = records.make(step, state, meta)
  _call(
    directory,
    'written',
    lambda orbax: orbax.save(directory, args=save_args(record, state)),
  )


def read_record(directory: epath.Path) -> records.Record:
  """Reads the record of a step directory.

  Raises:
    CheckpointError: there is none, or it is not whole.
  """
  import orbax.checkpoint as ocp

  if not directory.exists():
    raise CheckpointError(f'{directory} does not exist')
  committed = (records.COMMIT,) if storage.is_remote(directory) else ()
  for name in ('_CHECKPOINT_METADATA', 'state', 'meta', *committed):
    if not (directory / name).exists():
      raise CheckpointError(
        f'{directory} is no whole checkpoint: {name} is missing'
      )
  args = ocp.args.Composite(meta=ocp.args.JsonRestore())
  content = _call(
    directory, 'read', lambda orbax: orbax.restore(directory, args=args).meta
  )
  try:
    return records.from_json(content)
  except CheckpointError as error:
    raise CheckpointError(f'{directory} is damaged: {error}') from error


def read_structure(directory: epath.Path, record: records.Record) -> PyTree:
  """Reads the state's tree, as nested dicts and lists of `ShapeDtypeStruct`s.

  Args:
    directory: the step directory.
    record: from `read_record`.

  Raises:
    CheckpointError: it cannot be read.
  """
  tree = _call(
    directory,
    'read',
    lambda orbax: orbax.metadata(directory).item_metadata.state.tree,
  )
  if record.nested:
    (tree,) = tree['members']
  return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), tree)


def read(
  directory: epath.Path, record: records.Record, target: PyTree
) -> PyTree:
  """Reads the state of a step directory, verified against its record.

  Args:
    directory: the step directory.
    record: from `read_record`.
    target: a tree of arrays or `ShapeDtypeStruct`s, as for
      `Checkpoints.restore`; a leaf that is `...` is not read and stays.

  Raises:
    CheckpointError: it cannot be read, or is not what was saved.
  """
  import orbax.checkpoint as ocp

  default = sharding.everywhere()
  target = jax.tree.map(lambda leaf: _placed(leaf, default), target)
  stored = jax.tree.map(_stored, target)
  if record.nested:
    stored = {'members': (stored,)}
  how = ocp.checkpoint_utils.construct_restore_args(stored)
  args = ocp.args.Composite(
    state=ocp.args.PyTreeRestore(stored, restore_args=how)
  )
  state = _call(
    directory, 'read', lambda orbax: orbax.restore(directory, args=args).state
  )
  if record.nested:
    (state,) = state['members']
  state = jax.tree.map(_filled, target, state)
  arrays = jax.tree.map(lambda x: None if x is ... else x, state)
  clause = fingerprints.damage(fingerprints.take(arrays), record.leaves)
  if clause:
    raise CheckpointError(f'{directory} is damaged: {clause}')
  return state


def _stored(leaf: Any) -> Any:
  # Orbax refuses empty arrays, those NumPy scalars that are not numbers, and
  # of one of several processes arrays that it alone has.
  if leaf is ... or leaf.size:
    alone = processes.is_alone() and isinstance(leaf, jax.Array)
    to_host = isinstance(leaf, np.generic) or (alone and not is_key(leaf))
    return np.asarray(leaf) if to_host else leaf
  return None


def _filled(want: Any, got: Any) -> Any:
  if got is None:
    return jnp.zeros(want.shape, want.dtype, device=want.sharding)
  return got


def _placed(leaf: Any, default: jax.sharding.Sharding) -> Any:
  if leaf is ...:
    return leaf
  sharding = getattr(leaf, 'sharding', None) or default
  return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)


def save_args(record: records.Record, state: PyTree) -> ocp.args.Composite:
  """Returns the arguments with which Orbax saves `state`."""
  import orbax.checkpoint as ocp

  return ocp.args.Composite(
    state=ocp.args.PyTreeSave(jax.tree.map(_stored, state)),
    meta=ocp.args.JsonSave(records.to_json(record)),
  )


def open_manager(directory: epath.Path) -> ocp.CheckpointManager:
  """Opens Orbax's manager of `directory`; it deletes no step by itself.

  Remains of a killed save are removed.
  """
  import orbax.checkpoint as ocp

  _hush()
  options = _taking_part()
  if options.active_processes:
    directory.mkdir(parents=True, exist_ok=True)  # Orbax does not.
  return ocp.CheckpointManager(
    directory,
    item_names=('state', 'meta'),
    options=ocp.CheckpointManagerOptions(
      # A directory that cannot be made in the background leaves threads
      # waiting for it, and the process does not end for 5 minutes.
      async_options=ocp.AsyncOptions(create_directories_asynchronously=False),
      todelete_subdir=TRASH,
      cleanup_tmp_directories=True,
      lightweight_initialize=True,
      create=not options.active_processes,
      multiprocessing_options=options,
    ),
  )


def delete(manager: ocp.CheckpointManager, step: int) -> None:
  """Deletes a step: on a disk by a rename into the trash.

  In a bucket it is deleted in place, first the object that commits it: what a
  kill then leaves is no checkpoint.
  """
  directory = epath.Path(manager.directory) / str(step)
  if storage.is_remote(directory) and jax.process_index() == 0:
    (directory / records.COMMIT).unlink(missing_ok=True)
  manager.delete(step)


def _call(
  directory: epath.Path, verb: str, use: Callable[[ocp.Checkpointer], _T]
) -> _T:
  """Calls `use` with Orbax; raises any error of it as a `CheckpointError`."""
  import orbax.checkpoint as ocp

  handler = ocp.CompositeCheckpointHandler(
    state=ocp.PyTreeCheckpointHandler(), meta=ocp.JsonCheckpointHandler()
  )
  options = _taking_part()
  _hush()
  try:
    with ocp.Checkpointer(handler, multiprocessing_options=options) as orbax:
      return use(orbax)
  except Exception as error:  # Orbax raises a bare Exception at times.
    if processes.several() and processes.of_a_peer(error):
      raise  # It says nothing of the checkpoint.
    failure = reason(error)
  raise CheckpointError(f'{directory} cannot be {verb}: {failure}')


def _taking_part() -> ocp.options.MultiprocessingOptions:
  """Returns which processes take part: all, or one that acts by itself."""
  import orbax.checkpoint as ocp

  if not processes.is_alone():
    return ocp.options.MultiprocessingOptions()
  here = jax.process_index()
  return ocp.options.MultiprocessingOptions(here, {here})


def _report(previous: Callable[[Any], Any], event: Any) -> None:
  """Reports an unraisable error to `previous`, unless Orbax left it behind."""
  code = getattr(event.object, 'cr_code', None)
  of_orbax = '/orbax/' in getattr(code, 'co_filename', '')
  if not of_orbax and str(event.exc_value) != 'Event loop is closed':
    previous(event)


def _not_of_orbax(line: logging.LogRecord) -> bool:
  message = line.getMessage()
  return 'never retrieved' not in message or not any(
    word in message for word in ('/orbax/', 'TensorStore', 'OCDBT', 'zarr')
  )


def _hush() -> None:
  """Keeps off the terminal what a failure prints after its one error.

  Orbax gives up at the first array that cannot be read or written. The other
  arrays end later, in threads, find their event loop closed, and each would
  report that in some fifty lines.
  """
  hook = sys.unraisablehook
  if getattr(hook, 'func', None) is not _report:
    sys.unraisablehook = functools.partial(_report, hook)
  logging.getLogger('asyncio').addFilter(_not_of_orbax)


def reason(error: Exception) -> str:
  """Shortens an error to one line."""
  first = str(error).partition('\n')[0]
  if len(first) > 2 * _PART:  # What failed comes first, and why comes last.
    first = f'{first[:_PART]} ... {first[-_PART:]}'
  return f'{type(error).__name__}: {first}'
