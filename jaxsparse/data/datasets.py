"""`load`: a data set by name, as arrays, with its splits."""

import math
import numbers
import os
import pathlib
import threading
import weakref
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from jaxsparse.core import choices
from jaxsparse.data import decoding, fingerprints, images, text
from jaxsparse.data.info import Info
from jaxsparse.data.prepared import Spec, locate
from jaxsparse.data.records import Images, Labels, Records
from jaxsparse.errors import DataError

SOURCES = ('auto', 'resident', 'stream')

_MOST_RESIDENT = 2 * 2**30
_TESTED = ('test', 'validation')
# Data sets whose split `test` has no labels that are public.
_UNLABELLED = ('imagenet2012',)
# The arrays of every data set that is in use, by folder, split and position:
# hundreds of runs, with different cuts, hold them once.
_held: weakref.WeakValueDictionary[tuple[str, str, int], np.ndarray] = (
  weakref.WeakValueDictionary()
)
_fingerprints: dict[tuple[str, str], str] = {}
_lock = threading.Lock()


class Split(NamedTuple):
  """Examples: images uint8 [n, h, w, c] and labels int32 [n].

  Of text the images are sequences of characters, uint8 [n, t], and the labels
  the next ones, int16 [n, t]; -1 where one does not count. Those of a data set
  that is streamed are stand-ins (see `data.records`).
  """

  images: np.ndarray
  labels: np.ndarray


class Dataset(NamedTuple):
  """A data set of images or of text, in host memory or on disk.

  Attributes:
    name: its TFDS name.
    num_classes: labels are in [0, num_classes).
    train: the train split without the validation cut.
    validation: the last examples of the train split, or None; of a text its
      split of that name.
    test: the test split.
    scale: images * scale is in [0, 1]: 1/255, or the scale in the data set's
      metadata (`digits`: 1/16); None for text.
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
  """Loads a data set that TFDS has prepared as array_record; no TensorFlow.

  Args:
    name: `digits` (prepared on first use, in about a second), a TFDS name
      (`mnist`, `mnist/3.0.1`), or a TFDS builder class of the user's own, as
      an object or a dotted path. Or the name of a folder of text (see
      `data.text`).
    data_dir: the TFDS data folder; None for `$TFDS_DATA_DIR`, or else
      `~/tensorflow_datasets`.
    validation: how much of the end of the train split becomes the validation
      split: a count (int), or a fraction in [0, 1) (float, rounded down).
    source: 'resident' reads all of it now; 'stream' leaves it on disk; 'auto'
      streams what is above 2 GiB in memory and what is resized. It depends on
      the data and not on the machine, so that a run is the same on all.
    image_size: the side to which a part of each image is resized, which only
      'stream' can do; 0 for images as they are or, where they differ in size,
      for 224.
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
  folder = locate(name, data_dir)
  info = text.find(folder)
  if isinstance(info, text.Text):
    text.check(name, validation, source, image_size, sequence_length)
    return _text(str(name), info, sequence_length)
  text.check_none(name, sequence_length)
  tested = held_out(info)
  total = info.splits['train'].num_examples
  boundary = total - validation_size(validation, total)
  streamed = streams(info, source, image_size)
  shape = images.seen_shape(info.shape, image_size)

  def split(name: str, begin: int, end: int) -> Split:
    if not streamed:
      whole, _ = _whole(folder, info, name)
      return Split(whole.images[begin:end], whole.labels[begin:end])
    resized = shape != info.shape
    one = Records(folder, name, begin, end, shape=shape, resized=resized)
    stand_ins: Any = Images(one), Labels(one)
    return Split(*stand_ins)

  def fingerprint(name: str) -> str:
    if streamed:
      return fingerprints.of_files(folder, info.splits[name])
    return _whole(folder, info, name)[1]

  return Dataset(
    name=info.name,
    num_classes=info.num_classes,
    train=split('train', 0, boundary),
    validation=split('train', boundary, total) if boundary < total else None,
    test=split(tested, 0, info.splits[tested].num_examples),
    scale=info.scale,
    fingerprint={name: fingerprint(name) for name in ('train', tested)},
  )


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


def held_out(info: Info) -> str:
  """Returns the test split's name: `test` or, if there is none, `validation`.

  Raises:
    DataError: it has neither, or no `train`.
  """
  order = ('validation',) if info.name in _UNLABELLED else _TESTED
  tested = [split for split in order if split in info.splits]
  if not tested or 'train' not in info.splits:
    raise DataError(
      f'data set {info.name!r} has the splits {sorted(info.splits)};'
      " needed are 'train' and 'test' (or 'validation')"
    )
  return tested[0]


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
      (x, y), _fingerprints[where] = decoding.whole(folder, info, split)
      for i, array in enumerate((x, y)):
        # Slices keep the array alive: it is the base of these views.
        _held[*where, i] = array
    return Split(x, y), _fingerprints[where]


def validation_size(validation: int | float, total: int) -> int:
  """Returns the number of examples to hold out of `total` training ones.

  A fraction counts as the decimal it is written as: 0.29 of 100 is 29.

  Raises:
    DataError: negative, a float outside [0, 1), or nothing left to train.
  """
  if isinstance(validation, bool) or not isinstance(validation, numbers.Real):
    raise DataError(f'validation must be a number, not {validation!r}')
  if isinstance(validation, numbers.Integral):
    count, accepted = int(validation), 0 <= validation < total
  else:
    accepted = 0 <= validation < 1
    count = int(Fraction(str(validation)) * total) if accepted else 0
  if not accepted:
    raise DataError(
      f'validation {validation!r} is neither a count (int) in [0, {total})'
      ' nor a fraction (float) in [0, 1) of the train split'
    )
  return count
