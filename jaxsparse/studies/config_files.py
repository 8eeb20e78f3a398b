"""Config files by path or by name.

`configs/digits/mlp.py` is a path; `digits/mlp` names the file of that path
among the configs that come with jaxsparse, in a checkout or installed. What
follows a colon is the argument of `get_config`: `digits/mlp:set`.
"""

from __future__ import annotations

import inspect
import pathlib
import runpy
import sys
import traceback
import types
from typing import TYPE_CHECKING, Any

import jaxsparse
from jaxsparse.core import choices

if TYPE_CHECKING:
  from jaxsparse.studies.spec import Study

# Names that list the accepted arguments of `get_config`.
_ARGUMENTS = ('METHODS', 'NETS', 'RECIPES')


def folder() -> pathlib.Path:
  """Returns the folder of jaxsparse's configs: installed, or in a checkout."""
  package = pathlib.Path(jaxsparse.__file__).parent
  installed = package / 'configs'
  return installed if installed.is_dir() else package.parent / 'configs'


def names() -> list[str]:
  """Returns the names that `locate` accepts, sorted."""
  root = folder()
  files = (path.relative_to(root) for path in root.rglob('*.py'))
  return sorted(
    path.with_suffix('').as_posix()
    for path in files
    if not path.name.startswith('_') and path.parts[0] != 'recipes'
  )


def arguments(name: str) -> tuple[str, ...]:
  """Returns what may follow the colon of a name: methods, nets, recipes.

  Raises:
    ValueError: as for `locate`.
  """
  module = _run(locate(name))
  named = (module[name] for name in _ARGUMENTS if name in module)
  return tuple(next(named, ()))


def locate(spec: str) -> str:
  """Returns the path of the config file that `spec` names.

  Args:
    spec: a path, or a name; either may end in ':argument', which is part of
      the result.

  Raises:
    ValueError: neither a file nor a known name.
  """
  name, colon, argument = spec.partition(':')
  if pathlib.Path(name).is_file():
    return spec
  short = name.removeprefix('configs/').removesuffix('.py')
  if short not in names():
    raise ValueError(
      f'--config: {name!r} is neither a file nor one of the configs that come'
      f' with jaxsparse.{choices.nearest(short, names())}'
    )
  return f'{folder() / short}.py{colon}{argument}'


def load(spec: str) -> Any:
  """Runs the config file of `spec` and returns its config or study.

  Files beside it whose names begin with an underscore are modules that it can
  import, `from . import _runs`; a process imports them once.

  Raises:
    ValueError: as for `locate`, or the file raises an error, whose line the
      message names, or takes no argument and there is one.
  """
  path, colon, argument = locate(spec).partition(':')
  try:
    get_config = _run(path).get('get_config')
    if not callable(get_config):
      raise ValueError('there is no function get_config() in it')
    if colon and not inspect.signature(get_config).parameters:
      raise ValueError(f"get_config() takes no argument; got ':{argument}'")
    return get_config(argument) if colon else get_config()
  except Exception as error:  # The file may raise anything.
    text = str(error) if isinstance(error, ValueError) else repr(error)
    raise ValueError(f'{_where(error, path)}: {text}') from error


def load_config(spec: str) -> Any:
  """Returns the config of a run that the file of `spec` makes.

  Raises:
    ValueError: as for `load`, or it makes something else.
  """
  from jaxsparse.config import defaults as config_lib
  from jaxsparse.studies.spec import Study

  config = load(spec)
  if isinstance(config, Study):
    raise ValueError(
      f'--config: {spec} is a study; python -m launch.study --config={spec}'
      ' runs it'
    )
  if not config_lib.is_config(config):
    raise ValueError(
      f'--config: {spec} makes a {type(config).__name__}; accepted is what'
      ' config.default_config makes'
    )
  return config


def load_study(spec: str) -> Study:
  """Returns the study that the file of `spec` makes.

  Raises:
    ValueError: as for `load`, or it makes something else.
  """
  from jaxsparse.config import defaults as config_lib
  from jaxsparse.studies.spec import Study

  study = load(spec)
  if config_lib.is_config(study):
    raise ValueError(
      f'--config: {spec} is the config of a run; python -m launch.train'
      f' --config={spec} runs it'
    )
  if not isinstance(study, Study):
    raise ValueError(
      f'--config: {spec} makes a {type(study).__name__}; accepted is a Study'
    )
  return study


def _run(path: str) -> dict[str, Any]:
  """Runs a file as a module of a package that is its folder."""
  folder_path = pathlib.Path(path).resolve().parent
  package = folder_path.as_posix().replace('.', '_')
  if package not in sys.modules:
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package].__path__ = [str(folder_path)]
  return runpy.run_path(path, run_name=f'{package}.{pathlib.Path(path).stem}')


def _where(error: Exception, path: str) -> str:
  """Returns the file, with the last line of it that led to the error."""
  lines = [
    frame.lineno
    for frame in traceback.extract_tb(error.__traceback__)
    if frame.filename == path
  ]
  return f'{path}, line {lines[-1]}' if lines else path
