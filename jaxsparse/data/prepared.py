"""From the name of a data set to the folder where TFDS has prepared it.

A prepared data set is a folder `<data_dir>/<name>[/<config>]/<version>` with a
`dataset_info.json`, which TFDS writes elsewhere and renames into place; or
one of the user's own (see `data.folders`). Two kinds of names lead to the
former. A builder of `jaxsparse.data.builders` (or the user's own) needs no
TensorFlow, and is prepared here on first use. Anything else must have been
prepared already: TFDS's stock builders need TensorFlow for that, which a run
never imports. TFDS itself is imported where it is used.
"""

import contextlib
import fcntl
import importlib
import importlib.util
import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from jaxsparse.core import choices, registry
from jaxsparse.data import cache, folders
from jaxsparse.data.folders import INFO
from jaxsparse.errors import DataError

if TYPE_CHECKING:
  import tensorflow_datasets as tfds

# The name of a data set, or a builder or function that makes one.
Spec: TypeAlias = 'str | type[tfds.core.DatasetBuilder] | Callable[[], Any]'

_BUILDERS = 'jaxsparse.data.builders'
# Numbers without leading zeros, as TFDS reads them.
_VERSION = re.compile(r'(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}', re.ASCII)


def locate(
  spec: Spec,
  data_dir: str | os.PathLike[str] | None = None,
  *,
  prepare: bool = True,
) -> Path:
  """Returns the folder of a data set; prepares it first where possible.

  Args:
    spec: a module name of `jaxsparse.data.builders`; a TFDS name (`mnist`,
      `mnist/3.0.1`, `emnist/letters`); a TFDS builder class of the user's own,
      as an object or a dotted path; or the path of a folder.
    data_dir: the TFDS data folder; None for TFDS's own default,
      `$TFDS_DATA_DIR` or `~/tensorflow_datasets`.
    prepare: whether to; else nothing is written.

  Raises:
    DataError: the name is not known, or the data set is not prepared and
      cannot be prepared in `data_dir`.
    TypeError: `spec` is neither a string nor a class.
  """
  if not isinstance(spec, str | type):
    raise TypeError(
      f'data set {spec!r}: accepted is a name or a TFDS builder class'
    )
  if isinstance(spec, str) and spec.startswith(folders.PATHS):
    return folders.of_user(Path(spec).expanduser())
  root = Path(data_dir or _default_data_dir()).expanduser()
  if spec in registry.names(_BUILDERS):
    folder = root / _usual_folder(str(spec))
    if (folder / INFO).exists():
      return folder
  if not isinstance(spec, str) or _is_own(spec):
    if not prepare:
      raise DataError(f'data set {spec!r} is not prepared')
    return _prepare(_builder_class(spec), root)
  if data_dir and not root.is_dir():
    raise DataError(f'data_dir {str(root)!r} does not exist or is no folder')
  return _find(spec, root)


def _default_data_dir() -> str:
  return os.environ.get('TFDS_DATA_DIR') or '~/tensorflow_datasets'


def _usual_folder(name: str) -> str:
  """Returns where in a data folder TFDS prepares a builder of ours.

  The answer is cached, as its version is in the source alone, which imports
  TFDS.
  """

  def make() -> tuple[np.ndarray]:
    folder = _builder_class(name)(data_dir='/').data_dir
    return (np.frombuffer(os.path.relpath(folder, '/').encode(), np.uint8),)

  module = importlib.util.find_spec(f'{_BUILDERS}.{name}')
  source = Path(str(module and module.origin))
  (folder,) = cache.load('folder', make, [source]).arrays
  return folder.tobytes().decode()


def _is_own(name: str) -> bool:
  return is_dotted(name) or name in registry.names(_BUILDERS)


def is_dotted(name: str) -> bool:
  """Returns whether a name is a dotted path, as of a class or a function."""
  return '.' in name and all(part.isidentifier() for part in name.split('.'))


def _builder_class(spec: Spec) -> 'type[tfds.core.DatasetBuilder]':
  import tensorflow_datasets as tfds

  if isinstance(spec, str) and '.' not in spec:
    importlib.import_module(f'{_BUILDERS}.{spec}')
    return tfds.builder_cls(spec)  # TFDS registers a class as it is defined
  cls = registry.resolve(spec, _BUILDERS)
  if not (isinstance(cls, type) and issubclass(cls, tfds.core.DatasetBuilder)):
    raise DataError(
      f'data set {spec!r} is no TFDS builder class, and no function of arrays'
    )
  return cls


def _prepare(cls: 'type[tfds.core.DatasetBuilder]', root: Path) -> Path:
  """Prepares under a kernel lock, which is freed when its holder is killed."""
  folder = Path(cls(data_dir=str(root)).data_dir)
  if (folder / INFO).exists():
    return folder  # without the lock: the folder may be read-only
  try:
    with _locked(root / f'.{cls.name}.lock'):
      if not (folder / INFO).exists():
        for unfinished in folder.parent.glob('incomplete.*'):
          shutil.rmtree(unfinished)
        _prepare_quietly(cls(data_dir=str(root), file_format='array_record'))
  except OSError as error:
    raise DataError(
      f'cannot prepare data set {cls.name!r} in data_dir {str(root)!r}:'
      f' {error}. Give a data_dir that can be written.'
    ) from error
  return folder


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
  path.parent.mkdir(parents=True, exist_ok=True)
  # The file stays: to remove it would let two processes lock two files.
  with path.open('w') as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    yield


def _prepare_quietly(builder: 'tfds.core.DatasetBuilder') -> None:
  """Runs `download_and_prepare` without progress bars and notes on stdout."""
  import tensorflow_datasets as tfds

  tfds.disable_progress_bar()
  try:
    with contextlib.redirect_stdout(io.StringIO()):
      builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(try_download_gcs=False)
      )
  finally:
    tfds.enable_progress_bar()


def _find(name: str, root: Path) -> Path:
  """Returns the newest version of `name` in `root`, or raises `DataError`."""
  base = root.joinpath(*name.replace(':', '/').split('/'))
  if folders.mark(base):
    return base
  versions = {
    tuple(map(int, info.parent.name.split('.'))): info.parent
    for info in base.glob(f'*/{INFO}')
    if _VERSION.fullmatch(info.parent.name)
  }
  if not versions:
    raise DataError(_why_not(name, root))
  return versions[max(versions)]


def _why_not(name: str, root: Path) -> str:
  """Returns the error message for a data set that is not in `root`."""
  import tensorflow_datasets as tfds

  prepared = _found(root)
  configs = [n for n in prepared if n.startswith(f'{name}/')]
  if configs:
    return f'data set {name!r} needs a configuration: {", ".join(configs)}'
  listing = f'in {str(root)!r} are: {", ".join(prepared) or "none"}'
  stock = set(tfds.list_builders(with_community_datasets=False))
  builders = registry.names(_BUILDERS)
  if name.replace(':', '/').split('/')[0] in stock - set(builders):
    return (
      f'data set {name!r} is not prepared; {listing}.'
      f' {folders.how_to_prepare(name, str(root))}'
    )
  return (
    f'data set {name!r} is not known; prepared on first use:'
    f' {", ".join(builders)}; {listing}.'
    f'{choices.nearest(name, [*prepared, *builders, *stock])} Data of your own'
    ' are the path, from / or ./ on, of a folder of images or one with a'
    f' {folders.TEXT}; an .npz file; or the dotted path of a function or a TFDS'
    ' builder class.'
  )


def _found(root: Path) -> list[str]:
  """Lists the data sets prepared in `root`, with the configuration if any."""
  infos = [*root.glob(f'*/*/{INFO}'), *root.glob(f'*/*/*/{INFO}')]
  return sorted({str(i.parent.parent.relative_to(root)) for i in infos})
