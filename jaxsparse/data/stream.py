"""Batches of a data set that stays on disk, decoded ahead by Grain.

Which batch is that of a step, and which part of an image is seen, is a
function of seed and step, so a stream can begin at any step and nothing of it
is saved. The order is that of `data.order`, as for resident data.

Worker processes end with the process that they work for, however that ends.
"""

import contextlib
import gc
import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from multiprocessing import queues, util
from typing import Any, Protocol

import grain
import numpy as np
from absl import flags

from jaxsparse.data import crops, order
from jaxsparse.data.datasets import Split
from jaxsparse.data.records import Records

# Batches that are ready before they are asked for, of each worker.
_AHEAD = 2
# Seconds until a worker that ends takes what it has left for nothing.
_PATIENCE = 0.1


class Batches(Protocol):
  """Batches by number, for any process to make."""

  def __len__(self) -> int:
    """How many there are."""
    ...

  def __getitem__(self, number: Any) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [b, h, w, c] and labels int32 [b]."""
    ...


class TrainBatches:
  """The batch of each step of training.

  Args:
    records: the training split.
    words: of the seed of the order, as for `order.batch_indices`.
    crop_words: of the seed of the parts that are seen, where images are
      resized.
    batch_size: examples a batch.
    num_steps: how many there are.
  """

  def __init__(
    self,
    records: Records,
    *,
    words: Sequence[int],
    crop_words: Sequence[int],
    batch_size: int,
    num_steps: int,
  ):
    self._records = records
    self._words, self._crop_words = tuple(words), tuple(crop_words)
    self._batch_size = batch_size
    self._num_steps = num_steps

  def __len__(self) -> int:
    return self._num_steps

  def __getitem__(self, number: Any) -> tuple[np.ndarray, np.ndarray]:
    step = int(number)
    (rows,) = order.batch_indices(
      self._words, len(self._records), self._batch_size, step, step + 1
    )
    if not self._records.resized:
      return self._records.read(rows)
    draws = crops.draws(self._crop_words, step, self._batch_size)
    return self._records.read(
      rows, lambda i, height, width: crops.random_box(draws[i], height, width)
    )


class RowBatches:
  """Batches of given rows.

  Args:
    records: of a split.
    rows: int [n, b], in [0, len(records)).
  """

  def __init__(self, records: Records, rows: np.ndarray):
    self._records = records
    self._rows = rows

  def __len__(self) -> int:
    return len(self._rows)

  def __getitem__(self, number: Any) -> tuple[np.ndarray, np.ndarray]:
    return self._records.read(self._rows[int(number)])


class Stream:
  """Batches in their order, from any of them on. A context manager.

  Args:
    batches: what to make.
    workers: processes that make them; 0 for threads of this one.
  """

  def __init__(self, batches: Batches, workers: int):
    self._batches = batches
    self._workers = workers
    self._running: Any = None
    self._next = 0

  def __enter__(self) -> 'Stream':
    return self

  def __exit__(self, *exc: object) -> None:
    self.close()

  def take(self, begin: int, end: int) -> Iterator[Split]:
    """The batches from `begin` to `end`, in host memory.

    Workers go on from where the last call ended; they start anew for any
    other `begin`.
    """
    if self._running is None or self._next != begin:
      self.close()
      self._running = iter(_ahead(self._batches, begin, self._workers))
      self._next = begin
    while self._next < end:
      batch = next(self._running)
      self._next += 1
      yield Split(*batch)

  def close(self) -> None:
    """Ends the workers."""
    if self._running is not None:
      self._running.close()
      self._running = None


def _ahead(batches: Batches, begin: int, workers: int) -> Any:
  if not flags.FLAGS.is_parsed():
    flags.FLAGS.mark_as_parsed()  # Grain reads its own, in a library too.
  dataset = grain.MapDataset.source(batches)[begin:].to_iter_dataset(
    grain.ReadOptions(num_threads=0, prefetch_buffer_size=0)
    if workers
    else grain.ReadOptions(num_threads=1, prefetch_buffer_size=_AHEAD)
  )
  if not workers:
    return dataset
  return _through_pipes(dataset).mp_prefetch(
    grain.MultiprocessingOptions(
      # More than there are batches would have nothing to do.
      num_workers=min(workers, len(batches) - begin),
      per_worker_buffer_size=_AHEAD,
    ),
    _settle,
  )


def _through_pipes(dataset: Any) -> Any:
  """Without shared memory.

  What is under way there when workers end is lost to the machine until this
  process ends as well, and containers mostly have 64 MB of it.
  """
  options = grain.experimental.DatasetOptions(min_shm_size=sys.maxsize)
  return grain.experimental.WithOptionsIterDataset(dataset, options)


def _settle(worker: int, workers: int) -> None:
  """What a worker does first: it leaves signals to, and ends with, its parent.

  Ctrl-C and a scheduler's SIGTERM reach all processes of a group; the parent
  still needs batches to get to where it saves.
  """
  del worker, workers
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  signal.signal(signal.SIGTERM, signal.SIG_IGN)
  threading.Thread(target=_end_with_parent, daemon=True).start()
  # Before all else that is done at exit.
  util.Finalize(None, _take_what_is_left, exitpriority=1000)


def _end_with_parent() -> None:
  """Waits for the parent's end, by whatever; a killed one tells nobody."""
  parent = multiprocessing.parent_process()
  if parent is not None:
    parent.join()
    os._exit(1)


def _take_what_is_left() -> None:
  """Ends a worker that is told to, though nobody takes its last batches.

  A batch is longer than a pipe holds. Left as it is, the worker would wait for
  somebody to take it, and its parent for half a minute for the worker; cut
  short, the parent might wait for the rest of it for ever. So the worker takes
  it itself. Grain does not hand over its queues.
  """
  for each in gc.get_objects():
    if isinstance(each, queues.Queue):
      # Empty too, if the parent is just taking one.
      with contextlib.suppress(queue.Empty):
        while True:
          each.get(timeout=_PATIENCE)
