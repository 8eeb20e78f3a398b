"""Inputs of runs: a data set on the device, or batches streamed from disk.

Both yield the same batches. A resident data set is passed to the programs
whole, with indices into it. A streamed batch is passed with its own pixels,
and the indices are into those.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxsparse.data import records, resident
from jaxsparse.data.datasets import Split
from jaxsparse.data.stream import RowBatches, Stream, TrainBatches
from jaxsparse.runs.build import Experiment, seed_words
from jaxsparse.training.executors import Batches
from jaxsparse.training.parts import Parts
from jaxsparse.training.sharding import Layout


class Training(NamedTuple):
  """The inputs of runs that are trained.

  Attributes:
    data: resident arrays; or `(run, begin, end) -> Parts`.
    batches: the indices of a run's batches.
  """

  data: Any
  batches: Batches


def put(split: Split, layout: Layout | None = None) -> Split:
  """Puts `split` on the device, or whole on each of a layout's.

  What stays on disk is returned as it is.
  """
  if records.is_stored(split.images):
    return split
  return resident.put(split) if layout is None else layout.replicate(split)


def picked(data: Split, rows: np.ndarray) -> tuple[Split, np.ndarray]:
  """Returns data on the device with the examples `rows`, and their indices.

  Args:
    data: from `put`.
    rows: example numbers, of any shape.
  """
  if not records.is_stored(data.images):
    return data, rows
  examples = Split(*data.images.records.read(rows.reshape(-1)))
  places = np.arange(rows.size, dtype=np.int32).reshape(rows.shape)
  return resident.put(examples), places


@contextlib.contextmanager
def scored(
  data: Split, batch_size: int, workers: int
) -> Iterator[tuple[Split | Parts, tuple[np.ndarray, np.ndarray]]]:
  """Yields the data and batches of an evaluation over `data`, from `put`."""
  rows, weights = resident.eval_batches(len(data.labels), batch_size)
  if not records.is_stored(data.images):
    yield data, (rows, weights)
    return
  with Stream(RowBatches(data.images.records, rows), workers) as stream:
    parts = Parts(map(resident.put, stream.take(0, len(rows))))
    yield parts, (_whole(len(rows), batch_size), weights)


@contextlib.contextmanager
def training(
  data: Split, experiments: Sequence[Experiment], layout: Layout | None = None
) -> Iterator[Training]:
  """Yields the training inputs of runs, valid within the context.

  Args:
    data: the training split of all runs, from `put`.
    experiments: the runs. Each has its own workers where data stay on disk.
    layout: of the runs, if over several devices: each process then reads its
      part of a batch.
  """
  if not records.is_stored(data.images):
    yield Training(data, lambda i, *steps: experiments[i].batches(*steps))
    return
  with contextlib.ExitStack() as stack:
    size = experiments[0].config.batch_size
    part = slice(None) if layout is None else layout.part(size)
    streams = [stack.enter_context(_stream(one, part)) for one in experiments]

    def placed(batch: Split) -> Split:
      if layout is None:
        return resident.put(batch)
      return layout.batch(batch, size)

    def parts(i: int, begin: int, end: int) -> Parts:
      return Parts(map(placed, streams[i].take(begin, end)))

    yield Training(parts, lambda i, begin, end: _whole(end - begin, size))


def _stream(experiment: Experiment, part: slice) -> Stream:
  images: Any = experiment.dataset.train.images
  config = experiment.config
  batches = TrainBatches(
    images.records,
    words=seed_words(config, 'order'),
    crop_words=seed_words(config, 'crop'),
    batch_size=config.batch_size,
    num_steps=experiment.plan.num_steps,
    part=part,
  )
  return Stream(batches, config.data.workers)


def _whole(batches: int, size: int) -> np.ndarray:
  """Returns indices [batches, size]: each streamed batch is used whole."""
  return np.tile(np.arange(size, dtype=np.int32), (batches, 1))
