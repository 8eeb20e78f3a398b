"""The former home of runs, configs, analyses and studies.

Its modules are in `config`, `runs`, `results`, `analyses`, `studies` and other
rooms now. Their old paths still import them: `jaxsparse.experiments.build` is
the very module `jaxsparse.runs.build`. New code takes the new paths.
"""

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# Where a former module may be now, '' being the top; the first that has it.
_ROOMS = (
  'runs',
  'results',
  'optim',
  'plotting',
  'config',
  'studies',
  'report',
  'cli',
  '',
)
_RENAMED = {
  'config': 'config.defaults',
  'studies.claims': 'claims',
  'studies.claims.kinds': 'claims',
}

__path__: list[str] = []


class _Former(MetaPathFinder, Loader):
  """Imports former modules from where they are now."""

  def find_spec(
    self, fullname: str, path: Any = None, target: Any = None
  ) -> ModuleSpec | None:
    if not fullname.startswith(f'{__name__}.') or not _present(fullname):
      return None
    return importlib.util.spec_from_loader(fullname, self)

  def create_module(self, spec: ModuleSpec) -> ModuleType:
    module = importlib.import_module(_present(spec.name))
    spec.loader_state = module.__spec__
    return module

  def exec_module(self, module: ModuleType) -> None:
    # The machinery has put the spec of the old path in its place.
    module.__spec__ = module.__spec__ and module.__spec__.loader_state


def _present(fullname: str) -> str:
  """Returns where a former module is now, '' if nowhere."""
  rest = fullname.removeprefix(f'{__name__}.')
  if rest in _RENAMED:
    return f'jaxsparse.{_RENAMED[rest]}'
  names = ['.'.join(filter(None, ('jaxsparse', r, rest))) for r in _ROOMS]
  return next(filter(_exists, names), '')


def _exists(name: str) -> bool:
  try:
    return importlib.util.find_spec(name) is not None
  except ModuleNotFoundError:
    return False


def __getattr__(name: str) -> ModuleType:
  """Imports a former module: `from jaxsparse.experiments import reading`."""
  if not _present(f'{__name__}.{name}'):
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
  return importlib.import_module(f'{__name__}.{name}')


# First, as packages among the modules have a folder of their own to look in.
sys.meta_path.insert(0, _Former())
