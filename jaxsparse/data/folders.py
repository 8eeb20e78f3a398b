"""Folders with data: of what kind they are, which their entries tell.

One that TFDS has prepared has a `dataset_info.json`. One of the user's own has
a `train.txt` (see `data.text`) or a folder `train` (see `data.image_folders`).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from jaxsparse.errors import DataError

if TYPE_CHECKING:
  import tensorflow_datasets as tfds

INFO, TEXT, IMAGES = 'dataset_info.json', 'train.txt', 'train'
# What the path of a folder begins with; any other name is in a data folder.
PATHS = ('/', '.', '~')


def mark(folder: Path) -> str | None:
  """Returns the first of `INFO`, `TEXT` and `IMAGES` that is in a folder."""
  for name in (INFO, TEXT):
    if (folder / name).exists():
      return name
  return IMAGES if (folder / IMAGES).is_dir() else None


def of_user(folder: Path) -> Path:
  """Returns a folder with data.

  Raises:
    DataError: it does not exist, or there are no data in it.
  """
  if not folder.is_dir():
    raise DataError(
      f'{str(folder)!r} is no folder; accepted are a folder and an .npz file'
    )
  if not mark(folder):
    entries = sorted(path.name for path in folder.iterdir())
    raise DataError(
      f'{str(folder)!r} has {", ".join(entries[:9]) or "nothing"} in it;'
      f' accepted are {IMAGES!r} with a folder of images for each class, a text'
      f' {TEXT!r}, or what TFDS has prepared'
    )
  return folder


def opened(folder: Path) -> 'tfds.core.DatasetBuilder':
  """Opens a folder that TFDS has prepared as array_record.

  Raises:
    DataError: files are missing, or it is of another format.
  """
  for name in (INFO, 'features.json'):
    if not (folder / name).exists():
      raise DataError(f'{folder} has no {name}: delete it and prepare it again')
  import tensorflow_datasets as tfds

  try:
    builder = tfds.builder_from_directory(folder)
  except Exception as error:  # TFDS and its parsers share no class of errors
    raise DataError(
      f'cannot open {folder}: {error} Delete it and prepare it again.'
    ) from error
  formats = {f.value for f in builder.info.available_file_formats()}
  if 'array_record' not in formats:
    raise DataError(
      f'{folder} is stored as {", ".join(sorted(formats))}; only array_record'
      f' can be read. {how_to_prepare(builder.name, "ANOTHER_DIR")}'
    )
  return builder


def how_to_prepare(name: str, data_dir: str) -> str:
  """Returns the commands that prepare a stock TFDS data set in `data_dir`."""
  return (
    "To prepare it once: pip install 'jaxsparse[tf]' && python -c"
    f' "import tensorflow_datasets as tfds; tfds.builder({name!r},'
    f" data_dir={data_dir!r}, file_format='array_record')"
    '.download_and_prepare()"'
  )
