"""Text, as sequences of characters with the next one to predict.

A character is a byte: there are 256, whatever the text, so that no vocabulary
is chosen or stored (Evci et al. 2020 have 256 too). A letter beyond ASCII is
several.

A text is a data set of TFDS whose examples have one feature, a `Text`; or a
folder with `train.txt` and `validation.txt` or `test.txt`, or both.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jaxsparse.data import cache, folders, recorded
from jaxsparse.data.folders import TEXT
from jaxsparse.data.info import Info
from jaxsparse.data.prepared import Spec
from jaxsparse.errors import DataError

CHARACTERS = 256
SPLITS = ('train', 'validation', 'test')
# The label of a character that does not count: another sequence predicts it.
COUNTED_ELSEWHERE = -1


class Text(NamedTuple):
  """Location of a text.

  Attributes:
    folder: of its files.
    info: what TFDS recorded; `None` where they are `train.txt` and others.
  """

  folder: Path
  info: Info | None


def find(folder: Path) -> Text | Info:
  """Returns the text in a folder of `prepared.locate`, or what its images are.

  Raises:
    DataError: as for `recorded.read`.
  """
  if (folder / TEXT).exists():
    return Text(folder, None)
  info = recorded.read(folder)
  return info if info.shape else Text(folder, info)


def check(
  name: Spec,
  validation: int | float,
  source: str,
  image_size: int,
  sequence_length: int,
) -> None:
  """Raises `DataError` for arguments of `datasets.load` that text refuses."""
  for field, value, accepted, good in (
    ('validation', validation, '0: it has that split or none', not validation),
    ('source', source, 'auto or resident', source in ('auto', 'resident')),
    ('image_size', image_size, '0', not image_size),
    ('sequence_length', sequence_length, '>= 1', sequence_length >= 1),
  ):
    if not good:
      raise DataError(
        f'{field} is {value!r}, and {name!r} is text; accepted is {accepted}'
      )


def check_none(name: Spec, sequence_length: int) -> None:
  """Raises `DataError` for a `sequence_length` where the data are images."""
  if sequence_length:
    raise DataError(
      f'sequence_length is {sequence_length}, and {name!r} is of images;'
      ' accepted is 0'
    )


def cut_splits(
  name: str, texts: Mapping[str, np.ndarray], length: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
  """Cuts the splits of a text into sequences; see `examples` for which splits.

  Args:
    name: of the text.
    texts: from `read`.
    length: of a sequence.

  Raises:
    DataError: as for `examples`.
  """
  splits = dict(texts)
  examples(name, {split: len(splits[split]) for split in splits}, length)
  if 'test' not in splits:
    splits['test'] = splits.pop('validation')
  return {
    split: cut(characters, length, whole=split != 'train')
    for split, characters in splits.items()
  }


def examples(
  name: str, sizes: Mapping[str, int], length: int
) -> dict[str, int]:
  """Counts the sequences of each split.

  The splits are 'train', 'test' and, where the text has both, 'validation'.

  Args:
    name: of the text.
    sizes: characters of the splits that it has. Its 'validation' becomes the
      'test' where it has none.
    length: of a sequence.

  Raises:
    DataError: a split is missing, or no longer than a sequence.
  """
  if 'train' not in sizes or len(sizes) < 2:
    raise DataError(
      f"text {name!r} has the splits {sorted(sizes)}; needed are 'train' and"
      " 'test' (or 'validation')"
    )
  for split, size in sizes.items():
    if size <= length:
      raise DataError(
        f'sequence_length is {length}, and split {split!r} of {name!r} has'
        f' {size} characters; accepted is less'
      )
  counts = {
    split: sequences(size, length, whole=split != 'train')
    for split, size in sizes.items()
  }
  if 'test' not in counts:
    counts['test'] = counts.pop('validation')
  return counts


def read(where: Text) -> dict[str, np.ndarray]:
  """Reads the splits that a text has, each its characters, uint8 [n].

  Text files are memory-mapped. Examples of TFDS are joined by line breaks.

  Raises:
    DataError: a file is empty or cannot be read.
  """
  try:
    if where.info is not None:
      return _prepared(where.folder, where.info)
    return {
      split: np.memmap(file, np.uint8, 'r')
      for split in SPLITS
      if (file := where.folder / f'{split}.txt').exists()
    }
  except (OSError, RuntimeError, ValueError) as error:
    raise DataError(
      f'cannot read the text in {where.folder}: {error}'
    ) from error


def _prepared(folder: Path, info: Info) -> dict[str, np.ndarray]:
  texts = {}
  for split in set(SPLITS) & set(info.splits):
    texts[split] = cache.load(
      f'{info.name}-{split}',
      functools.partial(_joined, folder, split),
      recorded.files(folder, info.splits[split]),
      split,
    ).arrays[0]
  return texts


def _joined(folder: Path, split: str) -> tuple[np.ndarray]:
  builder = folders.opened(folder)
  (feature,) = builder.info.features
  source = builder.as_data_source(split, file_format='array_record')
  joined = b'\n'.join(example[feature] for example in source)
  return (np.frombuffer(joined, np.uint8),)


def sequences(size: int, length: int, *, whole: bool) -> int:
  """Returns the number of sequences that `cut` makes of `size` characters."""
  return -(-(size - 1) // length) if whole else (size - 1) // length


def cut(
  text: np.ndarray, length: int, *, whole: bool
) -> tuple[np.ndarray, np.ndarray]:
  """Cuts a text into sequences, one after the other.

  Every character but the first is predicted from those before it in its
  sequence.

  Args:
    text: uint8 [size].
    length: characters of a sequence, in [1, size).
    whole: whether the remainder, shorter than a sequence, is the end of one
      more that begins before it; it is left out otherwise. Characters that the
      sequence before predicts do not count in the last one.

  Returns:
    The characters, uint8 [n, length], and after each the next, int16
    [n, length], or `COUNTED_ELSEWHERE`.
  """
  begins = np.arange(sequences(len(text), length, whole=whole)) * length
  last = len(text) - 1 - length
  overlap = np.maximum(begins - last, 0)
  # No indices of single characters, which take 16 times what the text does.
  windows = np.lib.stride_tricks.sliding_window_view(text, length + 1)
  windowed = windows[np.minimum(begins, last)]
  following = windowed[:, 1:].astype(np.int16)
  following[np.arange(length) < overlap[:, None]] = COUNTED_ELSEWHERE
  return windowed[:, :-1], following
