"""Where arrays of the user's own come from: a function, or an `.npz` file.

A function takes no arguments and returns splits by name; 'validation' may be
left out:

    def spirals():
      return {'train': (images, labels), 'test': (images, labels)}

A file is what `np.savez` writes, with `train_images`, `train_labels`,
`test_images` and so on, or `x_train`, `y_train`, `x_test` and so on. See
`data.arrays` for what is accepted as images and labels.
"""

import functools
import inspect
import os
import traceback
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jaxsparse.core import registry
from jaxsparse.data import prepared
from jaxsparse.data.arrays import SPLITS, Arrays, Unchecked, checked
from jaxsparse.data.prepared import Spec
from jaxsparse.errors import DataError

SUFFIX = '.npz'

_SHORT = {'train': 'train', 'validation': 'val', 'test': 'test'}

# A function; or a file with its time and size.
Origin = Callable[[], Any] | tuple[Path, int, int]
_Pairs = dict[str, tuple[Unchecked, Unchecked]]


def find(spec: Spec, data_dir: str | os.PathLike[str] | None) -> Origin | None:
  """Returns the function or file of a data set; None if it is of another kind.

  Args:
    spec: a function or a dotted path to one; the path of an `.npz` file.
    data_dir: folder of a file whose path is relative.

  Raises:
    ValueError: a dotted path leads nowhere.
    DataError: there is no such file, or the function needs arguments.
  """
  if isinstance(spec, str):
    if spec.endswith(SUFFIX):
      return _file(Path(data_dir or '').expanduser() / Path(spec).expanduser())
    if not prepared.is_dotted(spec):
      return None
    spec = registry.resolve(spec, 'jaxsparse.data')
  if isinstance(spec, type) or not callable(spec):
    return None
  try:
    inspect.signature(spec).bind()
  except TypeError as error:
    raise DataError(
      f'data set {name_of(spec)!r} is no TFDS builder class, and no function'
      f' without arguments: {error}'
    ) from None
  return spec


def name_of(spec: Spec) -> str:
  """Returns the name of a data set, by which it can be found again."""
  if isinstance(spec, str):
    return spec
  return f'{spec.__module__}.{getattr(spec, "__qualname__", spec)}'


def check(name: str, source: str, image_size: int) -> None:
  """Raises `DataError` for arguments of `datasets.load` that arrays refuse."""
  for field, value, accepted, good in (
    ('source', source, 'auto or resident', source in ('auto', 'resident')),
    ('image_size', image_size, '0', not image_size),
  ):
    if not good:
      raise DataError(
        f'{field} is {value!r}, and {name!r} is of arrays in memory; accepted'
        f' is {accepted}'
      )


@functools.lru_cache(maxsize=4)
def read(name: str, origin: Origin) -> Arrays:
  """Reads and checks examples, once for all runs of a process.

  Args:
    name: of the data set.
    origin: from `find`.

  Raises:
    DataError: the function or the file fails, or as for `arrays.checked`.
  """
  if isinstance(origin, tuple):
    return checked(name, _from_file(name, origin[0]))
  return checked(name, _from_function(name, origin))


def _file(path: Path) -> Origin:
  try:
    status = path.stat()
  except OSError as error:
    raise DataError(f'cannot read {str(path)!r}: {error.strerror}') from None
  return path, status.st_mtime_ns, status.st_size


def _from_file(name: str, path: Path) -> _Pairs:
  if not zipfile.is_zipfile(path):
    raise DataError(
      f'{str(path)!r} is no {SUFFIX} file; accepted is what np.savez writes'
    )
  try:
    with np.load(path, allow_pickle=False) as file:
      names, pairs = file.files, {}
      for split in SPLITS:
        for image, label in _array_names(split):
          if image in names and label in names:
            pairs[split] = (
              Unchecked(image, file[image]),
              Unchecked(label, file[label]),
            )
  except (
    EOFError,
    OSError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
  ) as error:
    raise DataError(f'cannot read {str(path)!r}: {error}') from error
  if 'train' not in pairs or len(pairs) < 2:
    raise DataError(
      f'{name!r} has the arrays {", ".join(names) or "none"}; accepted are'
      ' train_images, train_labels, test_images, test_labels, and'
      ' validation_images, validation_labels; or x_train, y_train, x_test,'
      ' y_test, x_val, y_val'
    )
  return pairs


def _array_names(split: str) -> list[tuple[str, str]]:
  """Lists the names of a split's arrays in a file, images and labels."""
  words = dict.fromkeys((split, _SHORT[split]))
  return [
    pair
    for word in words
    for pair in (
      (f'{word}_images', f'{word}_labels'),
      (f'x_{word}', f'y_{word}'),
    )
  ]


def _from_function(name: str, function: Callable[[], Any]) -> _Pairs:
  try:
    result = function()
  except Exception as error:  # It may raise anything.
    frame = traceback.extract_tb(error.__traceback__)[:2][-1]
    raise DataError(
      f'data set {name!r} failed, {frame.filename}, line {frame.lineno}:'
      f' {error!r}'
    ) from error
  if not isinstance(result, Mapping) or not all(map(_is_pair, result.values())):
    raise DataError(
      f'data set {name!r} returned {_described(result)}; accepted is'
      " {'train': (images, labels), 'test': (images, labels)}, and"
      " 'validation' if there is one"
    )
  if unknown := sorted(map(str, set(result) - set(SPLITS))):
    raise DataError(
      f'data set {name!r} returned the splits {unknown}; accepted are'
      f' {", ".join(SPLITS)}'
    )
  return {
    split: (
      Unchecked(f'images of {split!r}', images),
      Unchecked(f'labels of {split!r}', labels),
    )
    for split, (images, labels) in result.items()
  }


def _is_pair(value: Any) -> bool:
  return isinstance(value, tuple | list) and len(value) == 2


def _described(result: Any) -> str:
  if not isinstance(result, Mapping):
    return f'{type(result).__name__}'
  kinds = (f'{key!r}: {type(value).__name__}' for key, value in result.items())
  return f'{{{", ".join(kinds)}}}'
