"""Folders with data: of what kind they are, which their entries tell.

One that TFDS has prepared has a `dataset_info.json`. One of the user's own has
a `train.txt` (see `data.text`) or a folder `train` (see `data.image_folders`).
"""

from pathlib import Path

from jaxsparse.errors import DataError

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
