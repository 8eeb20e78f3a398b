"""The checkpoints of a run, verified: a thin wrapper of Orbax's manager.

A kill leaves a step whole or not at all, and every restore is compared with
the record that was saved with it. Steps are deleted by a rename (`files.delete`
says how in a bucket), and only once a newer one is committed: Orbax's own
retention deletes in place, and a kill can then break a step that stays listed.
One process writes at a time (see
`locks`); readers need no lock.
"""

import logging
import operator
from collections.abc import Callable, Iterable
from typing import Any, Self

import jax
from etils import epath

from jaxsparse import locks
from jaxsparse.core.types import PyTree
from jaxsparse.training.checkpoints import files, records, verified
from jaxsparse.training.checkpoints.records import (
  CheckpointError,
  CheckpointMismatch,
)

_logger = logging.getLogger(__name__)


class Checkpoints:
  """The checkpoints of one run: `<directory>/<step>`.

  A context manager; leaving it finishes the save under way.
  """

  def __init__(
    self,
    directory: epath.PathLike,
    *,
    keep: int = 2,
    keep_steps: Iterable[int] = (),
    passing: Callable[[int], bool] = lambda _: False,
  ):
    """Opens `directory` for writing, and makes it if need be.

    Args:
      directory: a local path, or one in a bucket (`gs://...`).
      keep: how many of the newest steps are kept, at least 1.
      keep_steps: steps that are kept besides: points to rewind to.
      passing: whether a step was not planned (the last of an interrupted run):
        it does not count among `keep`, and is deleted once a newer one exists.

    Raises:
      ValueError: `keep` is below 1.
      CheckpointError: the directory cannot be written.
    """
    if keep < 1:
      raise ValueError(f'keep is {keep}; accepted are whole numbers from 1')
    self.directory = files.absolute(directory)
    self._keep = keep
    self._keep_steps = frozenset(keep_steps)
    self._passing = passing
    self._broken: set[int] = set()
    self._saving: int | None = None
    try:
      self._manager = files.open_manager(self.directory)
      self._empty_trash()
    except OSError as error:
      raise CheckpointError(
        f'{self.directory} cannot be written: {files.reason(error)}'
      ) from error

  def __enter__(self) -> Self:
    return self

  def __exit__(self, kind: object, error: object, trace: object) -> None:
    try:
      self.close()
    except CheckpointError as failure:
      if kind is None:
        raise
      # This error must not replace the one that ended the block.
      _logger.error('%s', failure)

  def save(self, step: int, state: PyTree, meta: dict[str, Any]) -> None:
    """Saves `state`, for the most part behind the caller's next steps.

    The state is copied before this returns, so that it may be donated. A step
    that is there already, good and with the same leaves, is left as it is;
    one that is broken or differs is replaced.

    Args:
      step: its step, from 0. It may be older than the newest one.
      state: a pytree of arrays, typed PRNG keys and NumPy scalars; `None`
        leaves and empty containers are kept.
      meta: kept with it; what JSON can hold.

    Raises:
      CheckpointError: this save was refused, or the one before it failed.
      TypeError: a leaf is no array, or `meta` is not for JSON.
    """
    step = operator.index(step)
    if step < 0:
      raise ValueError(f'step is {step}; accepted are whole numbers from 0')
    self.wait()
    locks.verify(self.directory)
    record = records.make(step, state, meta)
    if step in records.step_paths(self.directory):
      if verified.holds(self.directory / str(step), record, state):
        return
      self._delete(step)
    try:
      # Unforced, Orbax passes over a step older than the newest one.
      done = self._manager.save(
        step, args=files.save_args(record, state), force=True
      )
    except Exception as error:
      raise self._failed(step, error) from error
    if not done:
      raise CheckpointError(f'step {step} was not saved: Orbax refused it')
    self._saving = step

  def latest(
    self, abstract_state: PyTree, *, upto: int | None = None
  ) -> tuple[int, PyTree, dict[str, Any]] | None:
    """Restores the newest step that is good, as `(step, state, meta)`.

    Falls back from broken steps to older ones, each with a warning logged.

    Args:
      abstract_state: as for `restore`.
      upto: the newest step to look at.

    Returns:
      `None` if there is no such step at all.

    Raises:
      CheckpointError: there are steps, and none of them is good. To start
        over would throw them away: that is left to the user.
      CheckpointMismatch: the newest is good, but of another architecture.
    """
    self.wait()

    def attempt(step: int, _: epath.Path) -> tuple[int, PyTree, dict[str, Any]]:
      try:
        return (step, *self.restore(step, abstract_state))
      except CheckpointError as error:
        if not isinstance(error, CheckpointMismatch):
          self._broken.add(step)
        raise

    return records.newest(self.directory, attempt, upto=upto)

  def restore(
    self, step: int, abstract_state: PyTree
  ) -> tuple[PyTree, dict[str, Any]]:
    """Restores the state and meta of one step, verified.

    Args:
      step: the step to restore.
      abstract_state: a tree of arrays or `ShapeDtypeStruct`s, whose shardings
        are used; where there is none, the default device.

    Returns:
      `(state, meta)`, the state bit for bit as it was saved.

    Raises:
      CheckpointError: it is missing, empty, truncated or corrupted.
      CheckpointMismatch: it is of another architecture; names the first leaf
        that differs.
    """
    self.wait()
    return verified.read(self.directory / str(step), step, abstract_state)

  def steps(self) -> tuple[int, ...]:
    """Lists the steps whose record is good, ascending; arrays are not read."""
    self.wait()
    return tuple(filter(self._looks_good, records.step_paths(self.directory)))

  def check(self) -> None:
    """Checks the record of each step; arrays are not read.

    Raises:
      CheckpointError: there are steps, and none looks good.
    """
    if records.step_paths(self.directory) and not self.steps():
      raise CheckpointError(f'{self.directory} holds no good checkpoint')

  def clear(self, after: int) -> None:
    """Deletes all steps beyond `after`, for a run that goes on from there."""
    self.wait()
    for step in sorted(self._manager.all_steps(), reverse=True):
      if step > after:
        self._delete(step)

  def wait(self) -> None:
    """Waits for the save under way, then deletes steps that are not to be kept.

    Raises:
      CheckpointError: that save failed.
    """
    saved, self._saving = self._saving, None
    try:
      self._manager.wait_until_finished()
    except Exception as error:
      raise self._failed(saved, error) from error
    if saved is not None:
      self._broken.discard(saved)
      self._retain(saved)

  def close(self) -> None:
    """Waits, and ends Orbax's threads.

    Raises:
      CheckpointError: the save under way failed.
    """
    try:
      self.wait()
    finally:
      self._manager.close()

  def _failed(self, step: int | None, error: Exception) -> CheckpointError:
    self._manager.reload()  # It has counted the step already.
    return CheckpointError(f'step {step} was not saved: {files.reason(error)}')

  def _looks_good(self, step: int) -> bool:
    path = self.directory / str(step)
    return step not in self._broken and verified.looks_good(path, step)

  def _retain(self, saved: int) -> None:
    newest_good = 0
    # Not those that are there: the first process may have begun to delete.
    for step in sorted(self._manager.all_steps(), reverse=True):
      counts = newest_good < self._keep and not self._passing(step)
      if counts and self._looks_good(step):
        newest_good += 1
      elif step != saved and step not in self._keep_steps:
        self._delete(step)

  def _delete(self, step: int) -> None:
    locks.verify(self.directory)
    # A step that Orbax does not list appeared since it listed them, and is not
    # ours.
    if step in self._manager.all_steps():
      files.delete(self._manager, step)
    self._empty_trash()

  def _empty_trash(self) -> None:
    trash = self.directory / files.TRASH
    if jax.process_index() == 0 and trash.exists():
      trash.rmtree()
