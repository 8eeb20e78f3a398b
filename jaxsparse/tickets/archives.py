"""Arrays in files: safetensors and NumPy's npz. Nothing is unpickled."""

import pathlib
import zipfile
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

import numpy as np

from jaxsparse import storage
from jaxsparse.core import choices
from jaxsparse.errors import saving
from jaxsparse.tickets.manifest import StrPath

SAFETENSORS, NPZ = '.safetensors', '.npz'
_PICKLES = ('.pt', '.pth', '.pkl', '.bin', '.ckpt')


class Archive(NamedTuple):
  """The content of a file.

  Attributes:
    arrays: by name; of an npz in the order in which they were saved.
    metadata: texts, of a safetensors file.
  """

  arrays: dict[str, np.ndarray]
  metadata: dict[str, str]


def read(path: StrPath) -> Archive:
  """Reads a file of arrays.

  Raises:
    ValueError: it is missing, damaged, or of another kind. A file that has to
      be unpickled can run any code, and is refused.
  """
  file = storage.absolute(path)
  if storage.is_remote(file):
    raise ValueError(f'{file} is in a bucket; accepted is a file on a disk')
  if file.suffix in _PICKLES:
    raise ValueError(
      f'{file} is a pickle, which can run code as it is read; accepted are'
      f' {SAFETENSORS} and {NPZ}. In PyTorch: np.savez("ticket.npz", **{{k:'
      ' v.numpy() for k, v in torch.load(path, weights_only=True).items()})'
    )
  choices.check(f'{file}', file.suffix, (SAFETENSORS, NPZ))
  if not file.exists():
    raise ValueError(f'{file} does not exist')
  try:
    return _read_npz(file) if file.suffix == NPZ else _read_safetensors(file)
  except (OSError, ValueError, zipfile.BadZipFile) as error:
    raise ValueError(f'{file} cannot be read: {error}') from None


def write(
  path: StrPath, arrays: Mapping[str, np.ndarray], metadata: dict[str, str]
) -> None:
  """Writes a safetensors file.

  Raises:
    ValueError: the name has another ending, or the package is missing.
    SaveFailed: it cannot be written.
  """
  file = storage.absolute(path)
  choices.check(f'{file}', file.suffix, (SAFETENSORS,))
  # It writes the memory of an array, in whatever order that is.
  contiguous = {name: np.ascontiguousarray(a) for name, a in arrays.items()}
  content = _safetensors().save(contiguous, metadata)
  with saving(file):
    storage.write_atomic(file, content)


def _read_npz(file: pathlib.Path) -> Archive:
  if not zipfile.is_zipfile(file):
    raise ValueError('it is no npz')
  with np.load(file, allow_pickle=False) as content:
    return Archive({name: content[name] for name in content.files}, {})


def _read_safetensors(file: pathlib.Path) -> Archive:
  package = _safetensors()
  import safetensors

  try:
    with safetensors.safe_open(file, 'np') as content:
      return Archive(package.load_file(file), content.metadata() or {})
  except safetensors.SafetensorError as error:
    raise ValueError(str(error)) from None


def _safetensors() -> ModuleType:
  try:
    import safetensors.numpy
  except ImportError:
    raise ValueError(
      "this needs safetensors, which pip install 'jaxsparse[tickets]' brings"
    ) from None
  return safetensors.numpy
