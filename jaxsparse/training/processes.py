"""What the processes of one run agree on, and what the first does for all.

A run of several processes (`jax.distributed`) executes the same program in
each. The first process alone writes files; decisions that could differ from one
process to the next (a lock, a signal) are made once and shared.
"""

import contextlib
import json
import math
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

from jaxsparse.errors import (
  PEER_LOST,
  Interrupted,
  TrainingFailed,
  WorkdirBusy,
)

_T = TypeVar('_T')

# The seconds after which a process no longer waits for a segment, and how many
# times as long it waits for the first one.
_patience = 600.0
_FIRST = 3
# Whether this process acts by itself for now.
_alone = False
_NO_LIMIT = 2**31 - 1
# Seconds of waiting for a peer: for its heartbeat, and for its end.
_HEARTBEAT, _END = 20, 15
# Most characters of an error that is shared, and bytes: JSON writes one as 12.
_CHARACTERS, _BYTES = 1024, 2**14
# Errors that all processes of a run meet.
_OF_ALL = (ValueError, WorkdirBusy, TrainingFailed, Interrupted)
# How errors of JAX begin that would come again if the run were resumed, and
# those of operations that lack a process, of which some are a ValueError.
_OF_THE_PROGRAM = ('RESOURCE_EXHAUSTED', 'INVALID_ARGUMENT', 'UNIMPLEMENTED')
_OF_A_PEER = ('UNKNOWN: ', 'INTERNAL: ', 'UNAVAILABLE: ', 'DEADLINE_EXCEEDED: ')
_ERRORS = {error.__name__: error for error in (ValueError, WorkdirBusy)}


def begin(
  coordinator: str | None = None,
  count: int | None = None,
  index: int | None = None,
  *,
  patience: float = 600.0,
) -> None:
  """Connects this process with the others, before it uses a device.

  Args:
    coordinator: the `HOST:PORT` of the first process; `None` where JAX finds
      it, as it does, with the rest, on Cloud TPU, GKE, Slurm and Open MPI.
    count: the number of processes.
    index: of this one, from 0.
    patience: seconds to wait for the others to start, and that a segment of
      steps may take, the first one three times as many; 0 for no limit.

  Raises:
    ValueError: they cannot be connected.
  """
  global _patience
  _patience = patience
  # Its handler would take SIGTERM from that of programs.
  jax.config.update('jax_enable_preemption_service', False)
  try:
    jax.distributed.initialize(
      coordinator,
      count,
      index,
      coordinator_bind_address=coordinator if index == 0 else None,
      initialization_timeout=math.ceil(patience or _NO_LIMIT),
      heartbeat_timeout_seconds=_HEARTBEAT,
      shutdown_timeout_seconds=_END,
    )
  except (RuntimeError, ValueError) as error:
    raise ValueError(f'the processes cannot be connected: {error}') from error


def several() -> bool:
  """Returns whether this process is one of several that act together."""
  return jax.process_count() > 1 and not _alone


def is_alone() -> bool:
  """Returns whether this process is one of several, and acts by itself."""
  return jax.process_count() > 1 and _alone


@contextlib.contextmanager
def acting(*, alone: bool) -> Iterator[None]:
  """Has this process act by itself within the block, or with the others.

  What it does by itself is on its own devices, and waits for nobody. It is of
  the whole process, so that one thread may call it at a time.
  """
  global _alone
  before, _alone = _alone, alone
  try:
    yield
  finally:
    _alone = before


def is_first() -> bool:
  """Returns whether this process writes the files."""
  return jax.process_index() == 0


def on_first(fn: Callable[[], _T]) -> _T | None:
  """Calls `fn` in the first process, by itself, while the others wait.

  Returns:
    What it returns, in the first process; `None` in the others.

  Raises:
    ValueError: `fn` raised it (or a kind of it); in all processes.
    WorkdirBusy: likewise.
  """
  if not several():
    return fn()
  result, failure = None, {}
  error: Exception | None = None
  if is_first():
    try:
      with acting(alone=True):
        result = fn()
    except (ValueError, WorkdirBusy) as raised:
      error = raised
      kind = 'WorkdirBusy' if isinstance(error, WorkdirBusy) else 'ValueError'
      failure = {'kind': kind, 'text': str(error)[:_CHARACTERS]}
  failure = shared(failure)
  if error is not None:
    raise error
  if failure:
    raise _ERRORS[failure['kind']](failure['text'])
  return result


def in_turn(fn: Callable[[], _T]) -> _T:
  """Calls `fn` in the first process, then in the others.

  For what is prepared once, as a data set that is not there yet.

  Raises:
    ValueError: `fn` raised it in any process.
  """
  results: list[_T] = []
  on_first(lambda: results.append(fn()))
  return in_all(lambda: results[0] if results else fn())


def in_all(fn: Callable[[], _T]) -> _T:
  """Calls `fn` in all processes, in each by itself.

  Raises:
    ValueError: `fn` raised it in any of them.
  """
  if not several():
    return fn()
  results: list[_T] = []
  error: ValueError | None = None
  try:
    with acting(alone=True):
      results.append(fn())
  except ValueError as raised:
    error = raised
  if failed := _where(error is not None):
    other = ValueError(f'process {failed[0]} failed, and has printed why')
    raise error or other
  return results[0]


def any_of(flag: bool) -> bool:
  """Returns whether `flag` is true in any process; all must call it."""
  return bool(_where(flag))


def _where(flag: bool) -> list[int]:
  """Returns the processes in which `flag` is true; all must call it."""
  if not several():
    return [jax.process_index()] if flag else []
  flags = multihost_utils.process_allgather(np.bool_(flag))
  return np.flatnonzero(flags).tolist()


def require_same(numbers: Sequence[int]) -> None:
  """Ends all processes unless each has the same numbers; all must call it."""
  if several():
    ours = np.asarray(numbers, np.int32)
    first = multihost_utils.broadcast_one_to_all(ours)
    if any_of(not np.array_equal(ours, first)):
      leave(f'processes read different steps, here {list(numbers)}')


def shared(content: dict[str, Any]) -> dict[str, Any]:
  """Returns the content that the first process has."""
  padded = np.frombuffer(json.dumps(content).encode().ljust(_BYTES), np.uint8)
  received = multihost_utils.broadcast_one_to_all(padded)
  return json.loads(np.asarray(received, np.uint8).tobytes())


@contextlib.contextmanager
def watched(stop: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
  """Ends the process where no segment of a run ends for `_patience`.

  A peer that is gone is seen by its closed connection; one that hangs, or has
  given up a run that this one goes on with, is not, and a collective operation
  then waits for ever. Up to the end of the first segment, which compiles, the
  limit is three times as long.

  Args:
    stop: whether this process is to stop.

  Yields:
    A function that is called as a segment ends, in all processes: whether any
    is to stop.
  """
  last, limit = time.monotonic(), _FIRST * _patience
  ended = threading.Event()

  def agreed() -> bool:
    nonlocal last, limit
    last, limit = time.monotonic(), _patience
    return any_of(stop())

  def watch() -> None:
    while not ended.wait(min(1.0, _patience / 4)):
      if time.monotonic() - last > limit:
        leave(f'no step ended for {limit:g} s: another process hangs')

  if _patience and several():
    threading.Thread(target=watch, daemon=True).start()
  try:
    yield agreed
  finally:
    ended.set()


@contextlib.contextmanager
def ending_together(
  of_all: tuple[type[Exception], ...] = _OF_ALL,
) -> Iterator[None]:
  """Ends this process at once where an error is not one of all processes.

  An ordinary exit would wait for the others, and they for this one.

  Args:
    of_all: errors that all processes meet, which are raised as they are.
  """
  try:
    yield
  except Exception as error:
    if not several():
      raise
    if of_a_peer(error):
      leave(f'another process is gone ({str(error).partition(chr(10))[0]})')
    if isinstance(error, of_all):
      raise
    traceback.print_exc()
    leave(f'{type(error).__name__}: {error}', code=1)


def of_a_peer(error: BaseException | None) -> bool:
  """Returns whether an operation of all processes failed for want of one."""
  while error is not None:
    if isinstance(error, jax.errors.JaxRuntimeError):
      return not str(error).startswith(_OF_THE_PROGRAM)
    if isinstance(error, ValueError) and str(error).startswith(_OF_A_PEER):
      return True
    error = error.__cause__ or error.__context__
  return False


def leave(reason: str, code: int = PEER_LOST) -> None:
  """Ends this process at once, without waiting for the others."""
  resumes = '; the same command goes on from the last checkpoint'
  sys.stderr.write(
    f'process {jax.process_index()} of {jax.process_count()}:'
    f' {reason}{resumes if code == PEER_LOST else ""}\n'
  )
  sys.stderr.flush()
  sys.stdout.flush()
  os._exit(code)
