"""What a run is fed with: resident data, or those that stay on disk.

Both give the same batches. Where data are resident, programs take them whole,
with indices into them. Else each batch comes with pixels of its own, and the
indices are those into it.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxsparse.data import resident, stored
from jaxsparse.data.datasets import Split
from jaxsparse.data.stream import RowBatches, Stream, TrainBatches
from jaxsparse.runs.build import Experiment, seed_words
from jaxsparse.training.carry import Batches
from jaxsparse.training.parts import Parts


class Fed(NamedTuple):
  """What a carrier of members is given.

  Attributes:
    data: resident arrays; or `(member, begin, end) -> Parts`.
    batches: the indices of a member's batches.
  """

  data: Any
  batches: Batches


def put(split: Split) -> Split:
  """`split` on the device, if it is not one that stays on disk."""
  return split if stored.is_stored(split.images) else resident.put(split)


def picked(data: Split, rows: np.ndarray) -> tuple[Split, np.ndarray]:
  """Data on the device that hold some examples, and where they are there.

  Args:
    data: from `put`.
    rows: of any shape.
  """
  if not stored.is_stored(data.images):
    return data, rows
  examples = Split(*data.images.records.read(rows.reshape(-1)))
  places = np.arange(rows.size, dtype=np.int32).reshape(rows.shape)
  return resident.put(examples), places


@contextlib.contextmanager
def scored(
  data: Split, batch_size: int, workers: int
) -> Iterator[tuple[Split | Parts, tuple[np.ndarray, np.ndarray]]]:
  """Data and batches of an evaluation of all of `data`, which is from `put`."""
  rows, weights = resident.eval_batches(len(data.labels), batch_size)
  if not stored.is_stored(data.images):
    yield data, (rows, weights)
    return
  with Stream(RowBatches(data.images.records, rows), workers) as stream:
    parts = Parts(map(resident.put, stream.take(0, len(rows))))
    yield parts, (_own(len(rows), batch_size), weights)


@contextlib.contextmanager
def fed(
  data: Split, members: Sequence[tuple[Experiment, int]], batches: Batches
) -> Iterator[Fed]:
  """What members train on, for as long as the context lasts.

  Args:
    data: the training split that all have in common, from `put`.
    members: experiments, and the number of a replicate of each. Each has
      workers of its own where data stay on disk.
    batches: the indices of a member's batches, into `data`.
  """
  if not stored.is_stored(data.images):
    yield Fed(data, batches)
    return
  with contextlib.ExitStack() as stack:
    streams = [
      stack.enter_context(_stream(experiment, replicate))
      for experiment, replicate in members
    ]
    size = members[0][0].config['batch_size']

    def parts(member: int, begin: int, end: int) -> Parts:
      return Parts(map(resident.put, streams[member].take(begin, end)))

    yield Fed(parts, lambda member, begin, end: _own(end - begin, size))


def _stream(experiment: Experiment, replicate: int) -> Stream:
  images: Any = experiment.dataset.train.images
  config = experiment.config
  made = TrainBatches(
    images.records,
    words=seed_words(config, replicate, 'order'),
    crop_words=seed_words(config, replicate, 'crop'),
    batch_size=config['batch_size'],
    num_steps=experiment.plan.num_steps,
  )
  return Stream(made, config['data']['workers'])


def _own(batches: int, size: int) -> np.ndarray:
  """The indices of batches each of which is the whole of its own data."""
  return np.tile(np.arange(size, dtype=np.int32), (batches, 1))
