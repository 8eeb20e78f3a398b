"""Common parts of all programs: config names, one-line errors, exit codes.

Exit codes: 0 done; 2 bad input; 3 the loss turned non-finite; 42 stopped by
SIGTERM or SIGINT, after a save; 1 anything else. With `--verbosity=1` an error
comes with its traceback.
"""

import contextlib
import logging
import pathlib
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

from absl import app, flags
from absl import logging as absl_logging
from ml_collections import config_flags

from jaxsparse.config import defaults as config_lib
from jaxsparse.config.overrides import LENGTHS
from jaxsparse.errors import (
  Interrupted,
  SaveFailed,
  TrainingFailed,
  WorkdirBusy,
)
from jaxsparse.studies import config_files

UNEXPECTED = 1
BAD_INPUT = 2
FAILED = 3
STOPPED = 42

_CONFIG_FLAGS = ('--config', '-config')
_log = logging.getLogger(__name__)
_stop = False
_at_once = False


# A flag that is defined here belongs to the program that asks for it.
flags.disclaim_key_flags()


def config_flag() -> flags.FlagHolder[Any]:
  """Defines `--config`, the config of a run, with all of its fields.

  Ends the process where a `--flagfile` cannot be read: the flag is defined as a
  program is imported, and its fields depend on the command line.
  """
  try:
    return config_flags.DEFINE_config_file(
      'config',
      help_string='A config file, or the name of one that is installed.',
      lock_config=False,
      # `resolve` knows the fields of every method.
      accept_new_attributes=True,
    )
  except flags.Error as error:
    sys.exit(_end(f'error: {_one_line(error)}', BAD_INPUT))


def interrupted() -> bool:
  """Returns whether SIGTERM or SIGINT has arrived."""
  return _stop


@contextlib.contextmanager
def at_once() -> Iterator[None]:
  """Lets a signal end the block at once, as there is nothing to save.

  Raises:
    KeyboardInterrupt: SIGTERM or SIGINT has arrived.
  """
  global _at_once
  _at_once = True
  try:
    if _stop:
      raise KeyboardInterrupt
    yield
  finally:
    _at_once = False


def typed() -> str:
  """Returns the command line that started this program."""
  program = pathlib.Path(sys.argv[0])
  words = [program.name]
  if program.suffix == '.py':
    words = ['python', '-m', f'launch.{program.stem}']
  return shlex.join([*words, *sys.argv[1:]])


def required(flag: flags.FlagHolder[Any]) -> Any:
  """Returns the value of a required flag."""
  if flag.value is None or flag.value in ('', []):
    raise ValueError(f'--{flag.name} is required')
  return flag.value


def run(
  main: Callable[..., None],
  load: Callable[[str], Any] = config_files.load_config,
  *,
  word: str = '',
  words: Callable[[], Sequence[str]] = tuple,
) -> None:
  """Parses flags and runs `main`; ends the process with its exit code.

  Args:
    main: the program.
    load: loads the value of `--config`, or raises `ValueError`.
    word: the name of the one argument of `main`, if it takes one.
    words: returns the accepted values of that argument.
  """
  app.run(
    lambda argv: sys.exit(_guarded(main, argv[1:], word, words)),
    flags_parser=lambda argv: _parse_flags(argv, load),
  )


def _guarded(
  main: Callable[..., None],
  rest: Sequence[str],
  word: str,
  accepted: Callable[[], Sequence[str]],
) -> int:
  _log_plainly()
  signal.signal(signal.SIGTERM, _on_signal)
  signal.signal(signal.SIGINT, _on_signal)
  try:
    words = rest[: bool(word)]
    if word and not words:
      raise ValueError(
        f'{word} is required; accepted are {", ".join(accepted())}'
      )
    if rest != words:
      extra = rest[len(words)]
      raise ValueError(f'{extra!r} is no flag; those begin with --')
    main(*words)
  except (ValueError, WorkdirBusy) as error:
    return _end(f'error: {_one_line(error)}', BAD_INPUT)
  except SaveFailed as error:
    return _end(f'error: {_one_line(error)}', UNEXPECTED)
  except OSError as error:  # Its own text names the file.
    return _end(f'error: {error}', UNEXPECTED)
  except TrainingFailed as error:
    return _end(f'error: {_one_line(error)}', FAILED)
  except Interrupted as error:
    return _end(f'{error}; the same command goes on from there', STOPPED)
  except KeyboardInterrupt:
    return _end('stopped; nothing was under way', STOPPED)
  return 0


def _end(message: str, code: int) -> int:
  _log.debug('', exc_info=True)
  sys.stderr.write(message + '\n')
  return code


def _one_line(error: Exception) -> str:
  # The first argument: a KeyError's own text is quoted.
  text = str(error.args[0]) if error.args else type(error).__name__
  return ' '.join(text.removeprefix('ERROR:: ').split())


def _on_signal(signum: int, frame: FrameType | None) -> None:
  """Asks for a save and a stop; a second signal ends the process."""
  global _stop
  del frame
  if _stop:
    sys.exit(128 + signum)
  _stop = True
  if _at_once:
    raise KeyboardInterrupt


def _log_plainly() -> None:
  absl_logging.use_python_logging(quiet=True)
  logging.basicConfig(
    level=logging.WARNING,
    format='%(asctime)s %(message)s',
    datefmt='%H:%M:%S',
    force=True,
  )
  verbose = flags.FLAGS.verbosity > 0
  level = logging.DEBUG if verbose else logging.INFO
  logging.getLogger('jaxsparse').setLevel(level)


def _parse_flags(argv: Sequence[str], load: Callable[[str], Any]) -> list[str]:
  """Parses flags, with a one-line error for a wrong flag or config.

  The content of a `--flagfile` is treated as if typed in its stead.
  """
  try:
    words = flags.FLAGS.read_flags_from_files(argv[1:], force_gnu=False)
    argv = [argv[0], *words]
    _check_fields(argv)
    rest = flags.FLAGS(_with_located_config(argv, load))
    _set_one_length(argv)
    return rest
  except (AttributeError, KeyError) as error:
    message = f'no such config field: {_one_line(error)}'
  except (flags.Error, TypeError, ValueError) as error:
    message = _one_line(error)
  sys.exit(_end(f'error: {message}', BAD_INPUT))


def _check_fields(argv: Sequence[str]) -> None:
  """Raises `ValueError` where a whole section is set to one value."""
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
  absent = [n for n in LENGTHS if not any(f'--config.{n}' in a for a in argv)]
  config = flags.FLAGS['config'].value if 'config' in flags.FLAGS else None
  if len(absent) == 1 and config is not None:
    config[absent[0]] = None


def _with_located_config(
  argv: Sequence[str], load: Callable[[str], Any]
) -> list[str]:
  """Returns `argv` with the path of the config file, after it has loaded."""
  out = list(argv)
  for i, argument in enumerate(argv):
    flag, equals, value = argument.partition('=')
    if flag in _CONFIG_FLAGS and equals:
      load(value)
      out[i] = f'{flag}={config_files.locate(value)}'
    elif i and argv[i - 1] in _CONFIG_FLAGS:
      load(argument)
      out[i] = config_files.locate(argument)
  return out
