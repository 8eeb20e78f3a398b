"""What TFDS has recorded of a prepared data set, without TFDS.

TFDS takes a quarter of a second to import. So what it makes of the small files
of a folder is kept in the cache (see `data.cache`), and a run whose examples
are there as well does not import it.
"""

import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jaxsparse.data import cache, folders, images
from jaxsparse.data.info import Info, SplitInfo
from jaxsparse.errors import DataError

if TYPE_CHECKING:
  import tensorflow_datasets as tfds


def read(folder: Path) -> Info:
  """Returns what is recorded in a folder that TFDS has prepared.

  Raises:
    DataError: as for `folders.opened`; or it is neither of images nor of
      text.
  """

  def make() -> tuple[np.ndarray]:
    content = json.dumps(_recorded(folders.opened(folder).info))
    return (np.frombuffer(content.encode(), np.uint8),)

  (content,) = cache.load('info', make, _small_files(folder)).arrays
  name, splits, shape, *rest = json.loads(content.tobytes())
  return Info(
    name,
    {
      name: SplitInfo(name, examples, tuple(files), tuple(lengths), size)
      for name, examples, files, lengths, size in splits
    },
    tuple(shape),
    *rest,
  )


def files(folder: Path, split: SplitInfo) -> list[Path]:
  """Lists the files that the examples of a split are read from."""
  return [*_small_files(folder), *(folder / name for name in split.filenames)]


def fingerprint(folder: Path, split: SplitInfo) -> str:
  """Returns '1,281,167 examples in 1,024 files, 0123abcd' of a split on disk.

  Of the names and sizes of the files, and of what TFDS has recorded.

  Args:
    folder: of the prepared data set.
    split: of it.

  Raises:
    DataError: a file is missing.
  """
  try:
    sizes = {name: (folder / name).stat().st_size for name in split.filenames}
  except OSError as error:
    raise DataError(
      f'cannot read split {split.name!r} of {folder}: {error}.'
      ' Delete the folder and prepare it again.'
    ) from error
  recorded = [sizes, list(split.shard_lengths), split.num_bytes]
  crc = zlib.crc32(json.dumps(recorded, sort_keys=True).encode())
  files = f'{split.num_examples:,} examples in {len(sizes):,} files'
  return f'{files}, {crc:08x}'


def _small_files(folder: Path) -> list[Path]:
  """Lists the files of a prepared folder that hold no examples."""
  return sorted([*folder.glob('*.json'), *folder.glob('*.txt')])


def _recorded(info: 'tfds.core.DatasetInfo') -> tuple[object, ...]:
  """Returns the fields of an `Info`, its splits in a list, for JSON."""
  splits = [
    (
      name,
      split.num_examples,
      sorted(split.filenames),
      list(split.shard_lengths),
      split.num_bytes,
    )
    for name, split in info.splits.items()
  ]
  if _is_text(info):
    return info.name, splits, ()
  _check_images(info)
  image, label = (info.features[key] for key in info.supervised_keys)
  scale = (info.metadata or {}).get('scale', 1 / 255)
  return info.name, splits, image.shape, label.num_classes, scale


def _is_text(info: 'tfds.core.DatasetInfo') -> bool:
  import tensorflow_datasets as tfds

  features = list(dict(info.features).values())
  return len(features) == 1 and isinstance(features[0], tfds.features.Text)


def _check_images(info: 'tfds.core.DatasetInfo') -> None:
  """Refuses all but one image and one class label, as `supervised_keys`.

  Raises:
    DataError: it is not an image-classification data set.
  """
  import tensorflow_datasets as tfds

  keys = info.supervised_keys
  if keys and len(keys) == 2:
    image, label = (info.features[key] for key in keys)
    if (
      isinstance(label, tfds.features.ClassLabel)
      and isinstance(image, tfds.features.Tensor | tfds.features.Image)
      and image.np_dtype == np.uint8
      and len(image.shape) == 3
      and image.shape[-1] in images.MODES
    ):
      return
  raise DataError(
    f'data set {info.name!r} is not one of images, uint8'
    f' [h, w, c], with one class label each: its features are'
    f' {dict(info.features)}, its supervised_keys {keys}'
  )
