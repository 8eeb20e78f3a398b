"""Records of a run, to its files and to loggers of the user's own.

A logger is a function `(config, workdir)` that returns a context manager: it
opens when training starts or resumes, with the config of the run as nested
dicts, and gives a function that takes each record. `config.loggers` names any
number by dotted paths:

    @contextlib.contextmanager
    def printer(config, workdir):
      yield print

A record is a dict of `step` and scalars, named as in TensorBoard
(`layer_gradient_norm/Dense_0/kernel`). A run that resumes logs the steps since
its last checkpoint once more.
"""

import contextlib
import pathlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jaxsparse.config import identity
from jaxsparse.config.run_config import Named, RunConfig
from jaxsparse.core import registry
from jaxsparse.errors import SaveFailed
from jaxsparse.training.loop import Record
from jaxsparse.training.metrics import MetricsWriter, scalars


class Logs(NamedTuple):
  """The files and the loggers of a run.

  Attributes:
    write: writes a record to all of them.
    sync: uploads the files to a bucket, before a checkpoint goes there.
  """

  write: Callable[[Record], None]
  sync: Callable[[], None]


@contextlib.contextmanager
def opened(config: RunConfig, root: pathlib.Path, step: int) -> Iterator[Logs]:
  """Opens the files and the loggers of a run.

  Args:
    config: of the run.
    root: its workdir.
    step: as for `MetricsWriter`.

  Raises:
    SaveFailed: a logger raises an error.
  """
  with contextlib.ExitStack() as stack:
    file = stack.enter_context(MetricsWriter(root, step=step))
    loggers = [
      stack.enter_context(_Logger(spec, identity.jsonable(config), root))
      for spec in config.loggers
    ]

    def write(record: Record) -> None:
      file.write(record)
      for log in loggers:
        log({'step': record['step'], **dict(scalars(record))})

    yield Logs(write, file.sync)


class _Logger:
  """A logger whose errors say that they are its own."""

  def __init__(self, spec: Named, config: dict[str, Any], root: pathlib.Path):
    self._spec = spec
    with self._errors():
      self._manager = registry.resolve(spec, __name__)(config, root)

  def __enter__(self) -> '_Logger':
    with self._errors():
      self._log = self._manager.__enter__()
    return self

  def __call__(self, record: Record) -> None:
    with self._errors():
      self._log(record)

  def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
    with self._errors(of_the_run=error):
      self._manager.__exit__(kind, error, traceback)

  @contextlib.contextmanager
  def _errors(self, of_the_run: Any = None) -> Iterator[None]:
    try:
      yield
    except Exception as error:
      if error is of_the_run:
        raise
      raise SaveFailed(
        f'the logger {identity.name(self._spec)} failed:'
        f' {type(error).__name__}: {error}'
      ) from error
