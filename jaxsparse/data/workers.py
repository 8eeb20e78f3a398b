"""Batches made ahead by Grain: in a thread, or in worker processes.

Worker processes end with the process that they work for, however that ends.
They hand batches over in files of a temporary folder. A pipe holds less than a
batch: a worker that is killed half way through one would leave its parent
waiting for the rest for ever, and one that is to end would wait for somebody
to take it. Shared memory is 64 MB in most containers.

Grain takes a third of a second to import, so only those who stream import it.
"""

import contextlib
import functools
import itertools
import multiprocessing
import os
import pathlib
import shutil
import signal
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker
from typing import Any, Protocol

import numpy as np

from jaxsparse.data import scratch

# Batches that each worker has ready before they are needed.
_AHEAD = 2
Arrays = tuple[np.ndarray, np.ndarray]


class Batches(Protocol):
  """Batches by number, for any process to make."""

  def __len__(self) -> int:
    """Returns the number of batches."""
    ...

  def __getitem__(self, number: Any) -> Arrays:
    """Returns images uint8 [b, h, w, c] and labels int32 [b]."""
    ...


def ahead(
  batches: Batches, begin: int, workers: int
) -> contextlib.AbstractContextManager[Iterator[Arrays]]:
  """Returns a context with the batches from `begin` on, made ahead.

  Args:
    batches: what to make; if by processes, it is pickled.
    begin: in [0, len(batches)).
    workers: processes, or 0 for a thread of this process.

  Returns:
    A context with an iterator. One whose worker was killed raises
    `ChildProcessError`.
  """
  from absl import flags

  if not flags.FLAGS.is_parsed():
    flags.FLAGS.mark_as_parsed()  # Grain reads its flags, in a library too.
  # More than there are batches would have nothing to do.
  workers = min(workers, len(batches) - begin)
  if workers:
    return _in_processes(batches, begin, workers)
  return _in_a_thread(batches, begin)


@contextlib.contextmanager
def _in_a_thread(batches: Batches, begin: int) -> Iterator[Iterator[Arrays]]:
  import grain

  options = grain.ReadOptions(num_threads=1, prefetch_buffer_size=_AHEAD)
  dataset = grain.MapDataset.source(batches)[begin:].to_iter_dataset(options)
  with contextlib.closing(iter(dataset)) as running:
    yield running


@contextlib.contextmanager
def _in_processes(
  batches: Batches, begin: int, workers: int
) -> Iterator[Iterator[Arrays]]:
  import grain

  with scratch.folder() as folder:
    files = grain.MapDataset.source(_Files(batches, folder))[begin:]
    # Only the workers run ahead.
    options = grain.ReadOptions(num_threads=0, prefetch_buffer_size=0)
    dataset = files.to_iter_dataset(options).mp_prefetch(
      grain.MultiprocessingOptions(
        num_workers=workers, per_worker_buffer_size=_AHEAD
      ),
      functools.partial(_settle, folder),
    )
    with contextlib.closing(iter(dataset)) as running:
      yield (_fetch(folder, number) for number in _told(running))


class _Files:
  """Numbers of batches, each returned once its batch is a file of `folder`."""

  def __init__(self, batches: Batches, folder: pathlib.Path):
    self._batches = batches
    self._folder = folder

  def __len__(self) -> int:
    return len(self._batches)

  def __getitem__(self, number: Any) -> int:
    batch = self._batches[number]
    try:
      with (self._folder / str(int(number))).open('wb') as file:
        for array in batch:
          np.save(file, array)
    except OSError as error:
      raise OSError(
        f'{self._folder}: a batch cannot be written there; TMPDIR says where'
        f' such folders are made: {error}'
      ) from error
    return int(number)


def _told(running: Iterator[int]) -> Iterator[int]:
  try:
    with _signals_stay_here():
      first = next(running)  # Starts the workers.
    yield from itertools.chain([first], running)
  except RuntimeError as error:
    # Grain has no type for it. Errors of the batches themselves pass.
    if 'Worker process was terminated' not in str(error):
      raise
    raise ChildProcessError(
      'a process that reads data was killed; if memory is short, have fewer'
      f' (data.workers): {error}'
    ) from error


def _fetch(folder: pathlib.Path, number: int) -> Arrays:
  path = folder / str(number)
  with path.open('rb') as file:
    arrays = np.load(file), np.load(file)
  path.unlink()
  return arrays


@contextlib.contextmanager
def _signals_stay_here() -> Iterator[None]:
  """Blocks Ctrl-C and SIGTERM in the processes that start meanwhile.

  Both reach all processes of a group, and would end a worker that has not yet
  come to `_settle`. Threads inherit what is blocked, and processes from them.
  """
  # Python starts it with the first process, and then lets both through.
  resource_tracker.ensure_running()
  before = signal.pthread_sigmask(
    signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM}
  )
  try:
    yield
  finally:
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _settle(folder: pathlib.Path, worker: int, workers: int) -> None:
  """Sets a worker up: it leaves signals to its parent, and ends with it.

  A parent that gets a signal to stop still needs batches until it saves.
  """
  del worker, workers
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  signal.signal(signal.SIGTERM, signal.SIG_IGN)
  threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()


def _end_with_parent(folder: pathlib.Path) -> None:
  """Waits for the parent's end, also by a kill, and ends this process."""
  parent = multiprocessing.parent_process()
  if parent is not None:
    parent.join()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
