"""Images of the user's own, as files: `train/<class>/*.png` and others.

The splits are the folders `train`, `test` and `validation` (or `val`). Those in
`train` are the classes, in the order of their names. Images are the PNG and
JPEG files in them, at any depth: of one channel where all are grey, of three
otherwise, without transparency. Within a split their order is pseudo-random and
always the same, so that a slice of it is a fair sample. Tiny-ImageNet, whose
`val` has no folders of classes, is the data set `tiny_imagenet`.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from jaxsparse.core import choices
from jaxsparse.core.types import Shape
from jaxsparse.data import cache, folders
from jaxsparse.data import images as images_lib
from jaxsparse.data.info import Info, SplitInfo
from jaxsparse.data.records import Examples, Records, Rows
from jaxsparse.errors import DataError

_SUFFIXES = ('.png', '.jpg', '.jpeg')
_FOLDERS = {
  'train': (folders.IMAGES,),
  'validation': ('val', 'validation'),  # Of both, the second.
  'test': ('test',),
}
# The mode of Pillow -> channels; none of other modes has 8 bits a channel.
_CHANNELS = dict.fromkeys(('1', 'L', 'LA'), 1) | dict.fromkeys(
  ('P', 'PA', 'RGB', 'RGBA', 'CMYK', 'YCbCr'), 3
)


def is_one(folder: Path) -> bool:
  """Returns whether a folder of `prepared.locate` is one of image files."""
  return folders.mark(folder) == folders.IMAGES


def read(folder: Path, image_size: int) -> Info:
  """Returns what a folder has; of images, only what their headers say is read.

  Args:
    folder: as above.
    image_size: as for `datasets.load`.

  Raises:
    DataError: names a folder without images, an image that cannot be read, or
      two that differ in size where `image_size` is 0.
  """
  splits = {
    split: _files(folder, name)
    for split, names in _FOLDERS.items()
    for name in names
    if (folder / name).is_dir()
  }
  known = {_class_of(file) for file in splits['train']}
  classes = sorted(known)
  for file in (file for files in splits.values() for file in files):
    if _class_of(file) not in known:
      raise DataError(
        f'{folder / file} is of the class {_class_of(file)!r}, and there is no'
        ' such folder in train; accepted are those that there are.'
        f'{choices.nearest(_class_of(file), classes)}'
      )
  return Info(
    str(folder),
    {
      split: SplitInfo(split, len(files), files, (), 0)
      for split, files in splits.items()
    },
    _shape(folder, [f for files in splits.values() for f in files], image_size),
    len(classes),
    classes=tuple(classes),
  )


def _files(folder: Path, split: str) -> tuple[str, ...]:
  """Lists the images of a split, by their paths in the folder."""
  classes = [entry for entry in _entries(folder / split) if entry.is_dir()]
  if not classes:
    raise DataError(
      f'{folder / split} has no folders; accepted is one for each class'
    )
  files = []
  for entry in classes:
    images = [
      Path(parent, name).relative_to(folder).as_posix()
      for parent, _, names in os.walk(entry.path, followlinks=True)
      for name in names
      if name.lower().endswith(_SUFFIXES) and not name.startswith('.')
    ]
    if not images:
      raise DataError(
        f'{entry.path} has no images; accepted are {", ".join(_SUFFIXES)}'
      )
    files += images
  return tuple(sorted(files, key=lambda f: hashlib.sha256(f.encode()).digest()))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
  try:
    with os.scandir(folder) as entries:
      return [entry for entry in entries if not entry.name.startswith('.')]
  except OSError as error:
    raise DataError(f'cannot read {folder}: {error.strerror}') from error


def _class_of(file: str) -> str:
  return file.split('/')[1]


def _shape(
  folder: Path, files: list[str], image_size: int
) -> tuple[int | None, ...]:
  """Returns `(h, w, c)` of the images, `None` where they differ."""

  def make() -> tuple[np.ndarray]:
    return (np.array([_header(folder / file) for file in files], np.int32),)

  # The headers of a million images take minutes to read, their times seconds.
  status = [(file, (folder / file).stat()) for file in files]
  described = [(file, one.st_size, one.st_mtime_ns) for file, one in status]
  (shapes,) = cache.load('headers', make, (), described).arrays
  channels = int(shapes[:, 2].max())
  differing = np.flatnonzero((shapes[:, :2] != shapes[0, :2]).any(axis=1))
  if not differing.size:
    return int(shapes[0, 0]), int(shapes[0, 1]), channels
  if not image_size:
    first, other = (
      f'{folder / files[i]} is {shapes[i, 0]} x {shapes[i, 1]}'
      for i in (0, differing[0])
    )
    raise DataError(
      f'images differ in size: {first}, and {other}; accepted are images of one'
      ' size, or an image_size > 0, to which a part of each is resized'
    )
  return None, None, channels


def _header(path: Path) -> Shape:
  try:
    with Image.open(path) as picture:
      height, width, mode = picture.height, picture.width, picture.mode
  except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as e:
    raise DataError(f'cannot read the image {path}: {e}') from e
  if mode not in _CHANNELS:
    raise DataError(
      f'{path} has pixels of the mode {mode!r}; accepted are 8 bits a channel'
    )
  return height, width, _CHANNELS[mode]


class Files(Records):
  """A range of a split of image files.

  Args:
    folder: as above.
    info: from `read`.
    split: of it.
    begin: as for `Records`.
    end: likewise.
    shape: likewise.
    resized: likewise.
  """

  def __init__(
    self,
    folder: Path,
    info: Info,
    split: str,
    begin: int,
    end: int,
    *,
    shape: Shape,
    resized: bool = False,
  ):
    super().__init__(folder, split, begin, end, shape=shape, resized=resized)
    self._files = info.splits[split].filenames[begin:end]
    numbers = {name: i for i, name in enumerate(info.classes)}
    self._labels = np.array(
      [numbers[_class_of(file)] for file in self._files], np.int32
    )

  @property
  def parameters(self) -> tuple[object, ...]:
    """What the arrays depend on besides the content of the files."""
    return self.shape, self._files, self._labels.tolist()

  def labels(self, rows: Rows) -> np.ndarray:
    """Returns the labels of `rows`; reads no file."""
    return self._labels[np.asarray(rows, np.int64)]

  def place(self, row: int) -> str:
    """Returns the path of an image."""
    return str(self.folder / self._files[row])

  def _examples(self, rows: Rows) -> Examples:
    for row in rows:
      try:
        content = Path(self.place(row)).read_bytes()
      except OSError as error:
        raise DataError(f'cannot read the image: {error.strerror}') from error
      yield content, self._labels[row]


def reader(
  folder: Path,
  info: Info,
  split: str,
  begin: int,
  end: int,
  image_size: int = 0,
) -> Records:
  """Returns the records, of files or of TFDS, from `begin` to `end` of a split.

  Args:
    folder: of the data set.
    info: of the data set.
    split: of it.
    begin: the first example.
    end: one past the last.
    image_size: as for `datasets.load`.
  """
  shape = images_lib.seen_shape(info.shape, image_size)
  how: Any = {'shape': shape, 'resized': shape != info.shape}
  if info.classes:
    return Files(folder, info, split, begin, end, **how)
  return Records(folder, split, begin, end, **how)
