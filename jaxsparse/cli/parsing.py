"""The command line of a program: flags, errors in one line, help."""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from absl import app, flags

from jaxsparse.studies import config_files

_CONFIG_FLAGS = ('--config', '-config')
_FULL_HELP = '--helpfull'
_HELP = ('--help', '-help', '-h', '-?', '--helpshort', _FULL_HELP)


def asks_for_help(argv: Sequence[str]) -> bool:
  """Returns whether a command line asks for help, whatever else is in it."""
  return any(argument in _HELP for argument in argv)


def usage(module: str, argv: Sequence[str]) -> str:
  """Returns the help of a program: its docstring and its flags.

  absl's own takes the docstring and the flags of the script that was started,
  which an installed program does not define, and ends by exit code 1.

  Args:
    module: the name of the module that defines the program.
    argv: the command line; with `--helpfull` the flags of all modules are
      listed.
  """
  app.define_help_flags()
  full = _FULL_HELP in argv
  listed = flags.FLAGS.get_help() if full else flags.FLAGS.module_help(module)
  more = '' if full else f'\nTry {_FULL_HELP} to get a list of all flags.\n'
  return f'{sys.modules[module].__doc__}\nflags:\n{listed}\n{more}'


def config_fields(words: Sequence[str], load: Callable[[str], Any]) -> str:
  """Returns the fields of the run config of `--config`; '' without one."""
  config = None
  for _, _, spec in _configs(words):
    config = load(spec)
  if config is None:
    return ''
  from jaxsparse.config import defaults, reference

  return reference.text(config) if defaults.is_config(config) else ''


def parse(argv: Sequence[str], load: Callable[[str], Any]) -> list[str]:
  """Parses flags, and returns the arguments that are none.

  The content of a `--flagfile` is treated as if typed in its stead.

  Args:
    argv: the command line.
    load: loads the value of `--config`.

  Raises:
    ValueError: a wrong flag or config, in one line.
  """
  try:
    words = flags.FLAGS.read_flags_from_files(argv[1:], force_gnu=False)
    argv = [argv[0], *words]
    _check_fields(argv)
    rest = flags.FLAGS(_with_located_config(argv, load))
    _set_one_length(argv)
    return rest
  except (AttributeError, KeyError) as error:
    message = f'no such config field: {one_line(error)}'
  except (flags.Error, TypeError, ValueError) as error:
    message = one_line(error)
  raise ValueError(message)


def one_line(error: Exception) -> str:
  """Returns the text of an error in one line."""
  # The first argument: a KeyError's own text is quoted.
  text = str(error.args[0]) if error.args else type(error).__name__
  return ' '.join(text.removeprefix('ERROR:: ').split())


def _check_fields(argv: Sequence[str]) -> None:
  """Raises `ValueError` where a whole section is set to one value."""
  if not any('config.' in argument for argument in argv):
    return
  from jaxsparse.config import defaults as config_lib

  config = config_lib.nested_defaults()
  for argument, following in zip(argv, [*argv[1:], ''], strict=True):
    flag, equals, value = argument.partition('=')
    field = flag.removeprefix('-').removeprefix('-')
    section = config.get(field.removeprefix('config.'))
    is_flag = bool(equals) or flag.startswith('-')
    if is_flag and field.startswith('config.') and isinstance(section, dict):
      value = value if equals else following
      like = f', as {flag}.name={value}' if 'name' in section else ''
      raise ValueError(f'{flag}: got {value!r}; accepted are its fields{like}')


def _set_one_length(argv: Sequence[str]) -> None:
  """Lets num_steps or num_epochs on the command line unset the other."""
  from jaxsparse.config.overrides import LENGTHS

  absent = [n for n in LENGTHS if not any(f'--config.{n}' in a for a in argv)]
  config = flags.FLAGS['config'].value if 'config' in flags.FLAGS else None
  if len(absent) == 1 and config is not None:
    config[absent[0]] = None


def _with_located_config(
  argv: Sequence[str], load: Callable[[str], Any]
) -> list[str]:
  """Returns `argv` with the path of the config file, after it has loaded."""
  out = list(argv)
  for place, start, spec in _configs(argv):
    load(spec)
    out[place] = f'{start}{config_files.locate(spec)}'
  return out


def _configs(argv: Sequence[str]) -> Iterator[tuple[int, str, str]]:
  """Yields the place of each value of `--config`, what precedes it, and it."""
  for i, argument in enumerate(argv):
    flag, equals, value = argument.partition('=')
    if flag in _CONFIG_FLAGS and equals:
      yield i, f'{flag}=', value
    elif i and argv[i - 1] in _CONFIG_FLAGS:
      yield i, '', argument
