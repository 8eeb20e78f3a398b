"""`load`: a data set by name, as arrays, with its splits."""

import math
import os
import pathlib
import threading
import weakref
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from jaxsparse.core import choices
from jaxsparse.data import (
  array_origins,
  decoding,
  fingerprints,
  image_folders,
  images,
  recorded,
  text,
)
from jaxsparse.data.info import Info
from jaxsparse.data.prepared import Spec, locate
from jaxsparse.data.records import Images, Labels
from jaxsparse.data.splits import cut_size, ranges
from jaxsparse.errors import DataError

SOURCES = ('auto', 'resident', 'stream')

_MOST_RESIDENT = 2 * 2**30
# The arrays of every data set that is in use, by folder, split and position:
# hundreds of runs, with different cuts, hold them once.
_held: weakref.WeakValueDictionary[tuple[str, str, int], np.ndarray] = (
  weakref.WeakValueDictionary()
)
_fingerprints: dict[tuple[str, str], str] = {}
_lock = threading.Lock()


class Split(NamedTuple):
  """Examples: images uint8 [n, h, w, c] and labels int32 [n].

  Images of arrays of the user's own may be float32 (see `data.arrays`).
  Of text the images are sequences of characters, uint8 [n, t], and the labels
  the next ones, int16 [n, t]; -1 where one does not count. Those of a data set
  that is streamed are stand-ins (see `data.records`).
  """

  images: np.ndarray
  labels: np.ndarray


class Dataset(NamedTuple):
  """A data set of images or of text, in host memory or on disk.

  Attributes:
    name: its TFDS name, or the function, the file or the folder that it is of.
    num_classes: labels are in [0, num_classes).
    train: the train split without the validation cut.
    validation: the last examples of the train split, or None; of a text, and of
      data of the user's own that have one, the split of that name.
    test: the test split.
    scale: images * scale is in [0, 1]: 1/255, or the scale in the data set's
      metadata (`digits`: 1/16); 1 for images in floats, None for text.
    prepared: whether the data are on this machine.
    fingerprint: of each split that was read, by its TFDS name, as
      `data.fingerprints` has it; empty where there are no data.
  """

  name: str
  num_classes: int
  train: Split
  validation: Split | None
  test: Split
  scale: float | None
  prepared: bool = True
  fingerprint: Mapping[str, str] = MappingProxyType({})


def load(
  name: Spec,
  *,
  data_dir: str | os.PathLike[str] | None = None,
  validation: int | float = 0,
  source: str = 'auto',
  image_size: int = 0,
  sequence_length: int = 0,
) -> Dataset:
  """Loads a data set of TFDS or of the user's own; no TensorFlow.

  Args:
    name: `digits` (prepared on first use, in about a second), a TFDS name
      (`mnist`, `mnist/3.0.1`) of what TFDS has prepared as array_record, or a
      TFDS builder class of the user's own, as an object or a dotted path. Or
      arrays: a function, likewise, or an `.npz` file (see
      `data.array_origins`). Or a folder of images (`data.image_folders`) or of
      text (`data.text`): a path that begins with `/`, `~` or `.`, or its name
      in `data_dir`.
    data_dir: the TFDS data folder; None for `$TFDS_DATA_DIR`, or else
      `~/tensorflow_datasets`.
    validation: how much of the end of the train split becomes the validation
      split: a count (int), or a fraction in [0, 1) (float, rounded down).
    source: 'resident' reads all of it now; 'stream' leaves it on disk; 'auto'
      streams what is above 2 GiB in memory and what is resized. It depends on
      the data and not on the machine, so that a run is the same on all. Arrays
      are resident.
    image_size: the side to which a part of each image is resized, which only
      'stream' can do; 0 for images as they are or, where those of TFDS differ
      in size, for 224.
    sequence_length: characters that a text is cut into sequences of; 0 for
      images.

  Returns:
    The data set. `test` is its split of that name, or, where it has none, its
    split `validation`. While one is in use, others of the same folder share
    its arrays, which are read-only.

  Raises:
    DataError: the data set is unknown, not prepared (the message says what to
      run), damaged or neither of images nor of text; `validation` leaves
      nothing to train; it cannot be had from `source`; or an argument is for
      the other kind of data.
  """
  origin = array_origins.find(name, data_dir)
  if origin is not None:
    text.check_none(name, sequence_length)
    return _of_arrays(name, origin, validation, source, image_size)
  folder = locate(name, data_dir)
  info = read_info(folder, image_size)
  if isinstance(info, text.Text):
    text.check(name, validation, source, image_size, sequence_length)
    return _text(str(name), info, sequence_length)
  text.check_none(name, sequence_length)
  splits = ranges(info, validation)
  streamed = streams(info, source, image_size)

  def split(name: str, begin: int, end: int) -> Split:
    if not streamed:
      whole, _ = _whole(folder, info, name)
      return Split(whole.images[begin:end], whole.labels[begin:end])
    one = image_folders.reader(folder, info, name, begin, end, image_size)
    stand_ins: Any = Images(one), Labels(one)
    return Split(*stand_ins)

  def fingerprint(name: str) -> str:
    if streamed:
      return recorded.fingerprint(folder, info.splits[name])
    return _whole(folder, info, name)[1]

  return Dataset(
    name=info.name,
    num_classes=info.num_classes,
    train=split(*splits['train']),
    validation=split(*splits['validation']) if 'validation' in splits else None,
    test=split(*splits['test']),
    scale=info.scale,
    fingerprint={name: fingerprint(name) for name, *_ in splits.values()},
  )


def read_info(folder: pathlib.Path, image_size: int) -> text.Text | Info:
  """Returns the text in a folder of `locate`, or what its images are.

  Raises:
    DataError: as for `image_folders.read` and `text.find`.
  """
  if image_folders.is_one(folder):
    return image_folders.read(folder, image_size)
  return text.find(folder)


def streams(info: Info, source: str, image_size: int) -> bool:
  """Returns whether a data set stays on disk; arguments as for `load`.

  Raises:
    DataError: `source` is not in `SOURCES`, or not possible for these images.
  """
  shape = images.seen_shape(info.shape, image_size)
  if source not in SOURCES:
    raise DataError(
      f'source is {source!r}; accepted are {", ".join(SOURCES)}.'
      f'{choices.nearest(source, SOURCES)}'
    )
  resized = shape != info.shape
  if source == 'resident' and resized:
    raise DataError(
      f'the images of {info.name!r} are stored as {info.shape} and wanted as'
      f' {shape}; accepted with that is source stream'
    )
  examples = sum(split.num_examples for split in info.splits.values())
  large = examples * math.prod(shape) > _MOST_RESIDENT
  return source == 'stream' or (source == 'auto' and (large or resized))


def _of_arrays(
  spec: Spec,
  origin: array_origins.Origin,
  validation: int | float,
  source: str,
  image_size: int,
) -> Dataset:
  name = array_origins.name_of(spec)
  array_origins.check(name, source, image_size)
  arrays = array_origins.read(name, origin)
  splits = {split: Split(*pair) for split, pair in arrays.splits.items()}
  train, own = splits['train'], splits.get('validation')
  if 'test' not in splits:
    splits['test'], own = splits['validation'], None
  total = len(train.labels)
  size = cut_size(name, validation, total, own=own is not None)
  if size:
    if np.all(np.diff(train.labels) >= 0) and train.labels[-1]:
      raise DataError(
        f'validation is {validation!r}, and the labels of {name!r} ascend: the'
        ' end of train has the last classes alone; accepted are examples in'
        ' random order, or a split validation'
      )
    own = Split(*(array[total - size :] for array in train))
  return Dataset(
    name=name,
    num_classes=arrays.num_classes,
    train=Split(*(array[: total - size] for array in train)),
    validation=own,
    test=splits['test'],
    scale=arrays.scale,
    fingerprint=arrays.fingerprint,
  )


def _text(name: str, where: text.Text, length: int) -> Dataset:
  texts = text.read(where)
  splits = {
    split: Split(*examples)
    for split, examples in text.cut_splits(name, texts, length).items()
  }
  return Dataset(
    name=name,
    num_classes=text.CHARACTERS,
    train=splits['train'],
    validation=splits.get('validation'),
    test=splits['test'],
    scale=None,
    fingerprint={
      split: fingerprints.of_arrays(characters, unit='characters')
      for split, characters in texts.items()
    },
  )


def _whole(folder: pathlib.Path, info: Info, split: str) -> tuple[Split, str]:
  """Returns a split as it is stored and its fingerprint, read once for all."""
  where = str(folder), split
  with _lock:
    x, y = (_held.get((*where, i)) for i in range(2))
    if x is None or y is None:
      size = info.splits[split].num_examples
      records = image_folders.reader(folder, info, split, 0, size)
      (x, y), _fingerprints[where] = decoding.whole(records, info)
      for i, array in enumerate((x, y)):
        # Slices keep the array alive: it is the base of these views.
        _held[*where, i] = array
    return Split(x, y), _fingerprints[where]
