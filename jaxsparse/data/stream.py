"""Batches of a data set that stays on disk, decoded ahead.

The batch of a step, and the part of each image in it, are functions of seed
and step, so a stream can begin at any step and has no state to save. The order
is that of `data.order`, as for resident data.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from jaxsparse.data import crops, order
from jaxsparse.data.datasets import Split
from jaxsparse.data.records import Records
from jaxsparse.data.workers import Arrays, Batches, ahead


class TrainBatches:
  """Training batches by step.

  Args:
    records: the training split.
    words: of the seed of the order, as for `order.batch_indices`.
    crop_words: of the seed of the parts that are seen, where images are
      resized.
    batch_size: examples a batch.
    num_steps: steps of training.
    part: the examples of each batch that are read.
  """

  def __init__(
    self,
    records: Records,
    *,
    words: Sequence[int],
    crop_words: Sequence[int],
    batch_size: int,
    num_steps: int,
    part: slice = slice(None),
  ):
    self._records = records
    self._words, self._crop_words = tuple(words), tuple(crop_words)
    self._batch_size = batch_size
    self._num_steps = num_steps
    self._part = part

  def __len__(self) -> int:
    return self._num_steps

  def __getitem__(self, number: Any) -> Arrays:
    step = int(number)
    (rows,) = order.batch_indices(
      self._words, len(self._records), self._batch_size, step, step + 1
    )
    rows = rows[self._part]
    if not self._records.resized:
      return self._records.read(rows)
    draws = crops.draws(self._crop_words, step, self._batch_size)[self._part]
    return self._records.read(
      rows, lambda i, height, width: crops.random_box(draws[i], height, width)
    )


class RowBatches:
  """Batches of fixed rows.

  Args:
    records: of a split.
    rows: int [n, b], in [0, len(records)).
  """

  def __init__(self, records: Records, rows: np.ndarray):
    self._records = records
    self._rows = rows

  def __len__(self) -> int:
    return len(self._rows)

  def __getitem__(self, number: Any) -> Arrays:
    return self._records.read(self._rows[int(number)])


class Stream:
  """Batches in their order, from any of them on. A context manager.

  Args:
    batches: those to make.
    workers: processes that make them; 0 for a thread of this process.
  """

  def __init__(self, batches: Batches, workers: int):
    self._batches = batches
    self._workers = workers
    self._ending = contextlib.ExitStack()
    self._running: Iterator[Arrays] | None = None
    self._next = 0

  def __enter__(self) -> 'Stream':
    return self

  def __exit__(self, *exc: object) -> None:
    self.close()

  def take(self, begin: int, end: int) -> Iterator[Split]:
    """Yields the batches from `begin` to `end`, in host memory.

    Workers go on from where the last call ended; any other `begin` restarts
    them.

    Raises:
      ChildProcessError: a worker was killed.
    """
    if self._running is None or self._next != begin:
      self.close()
      self._running = self._ending.enter_context(
        ahead(self._batches, begin, self._workers)
      )
      self._next = begin
    while self._next < end:
      try:
        batch = next(self._running)
      except BaseException:
        self.close()
        raise
      self._next += 1
      yield Split(*batch)

  def close(self) -> None:
    """Ends the workers."""
    self._running = None
    self._ending.close()
