"""Common parts of all programs: config names, one-line errors, exit codes.

Exit codes: 0 done; 2 bad input; 3 the loss turned non-finite; 42 stopped by
SIGTERM or SIGINT, after a save; 75 the other processes of the run are gone, or
hang: start all of them again, and they resume; 1 anything else. With
`--verbosity=1` an error comes with its traceback.
"""

import contextlib
import gc
import logging
import os
import pathlib
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

from absl import app, flags
from absl import logging as absl_logging
from ml_collections import config_flags

from jaxsparse.cli import compilation_cache, parsing
from jaxsparse.errors import (
  Interrupted,
  JobFailed,
  SaveFailed,
  TrainingFailed,
  WorkdirBusy,
)
from jaxsparse.studies import config_files

UNEXPECTED = 1
BAD_INPUT = 2
FAILED = 3
STOPPED = 42

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
    holder = config_flags.DEFINE_config_file(
      'config',
      help_string='A config file, or the name of one that is installed.',
      lock_config=False,
      # `resolve` knows the fields of every method.
      accept_new_attributes=True,
    )
  except flags.Error as error:
    sys.exit(_end(f'error: {parsing.one_line(error)}', BAD_INPUT))
  # Its own loads a file alone, which then can import none beside it.
  parser: Any = flags.FLAGS['config'].parser
  parser.parse = config_files.load
  return holder


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
  words: Callable[[], Mapping[str, str]] = dict,
  describe: Callable[[str], str] = str,
  several: bool = False,
  cached: bool = True,
) -> None:
  """Parses flags and runs `main`; ends the process with its exit code.

  Args:
    main: the program.
    load: loads the value of `--config`, or raises `ValueError`.
    word: the name of the one argument of `main`, if it takes one.
    words: returns the accepted values of that argument, and a line on each,
      which a call without it prints.
    describe: returns what `--help` says of one of them.
    several: whether `main` takes further arguments.
    cached: whether compiled programs are kept for later processes, unless
      `--compilation_cache` says otherwise.
  """
  cache = flags.DEFINE_string(
    'compilation_cache',
    None if cached else compilation_cache.OFF,
    'The folder in which compiled programs are kept for later processes,'
    ' ~/.cache/jaxsparse/xla by default; or off.',
  )
  with _pipe_may_close():
    if parsing.asks_for_help(sys.argv):
      sys.stdout.write(parsing.usage(main.__module__, sys.argv))
      sys.exit(_further_help(sys.argv[1:], load, describe if word else None))

    def start(*arguments: str) -> None:
      compilation_cache.use(cache.value)
      gc.freeze()  # What is loaded stays: no need to search it for garbage,
      try:
        main(*arguments)
      finally:
        gc.freeze()  # nor anything as the process ends, which takes a while.

    app.run(
      lambda argv: sys.exit(_guarded(start, argv[1:], word, words, several)),
      flags_parser=lambda argv: _parsed(argv, load),
    )


@contextlib.contextmanager
def _pipe_may_close() -> Iterator[None]:
  """Ends the process in silence once nobody reads its output, as `| head`."""
  try:
    try:
      yield
    finally:
      sys.stdout.flush()
  except BrokenPipeError:
    # Python flushes once more as it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(UNEXPECTED)


def _further_help(
  words: Sequence[str],
  load: Callable[[str], Any],
  describe: Callable[[str], str] | None,
) -> int:
  """Prints the fields of a config that is asked about, or a word's help."""
  try:
    if describe and words and not words[0].startswith('-'):
      sys.stdout.write(f'\n{words[0]}: {describe(words[0])}\n')
    if text := parsing.config_fields(words, load):
      sys.stdout.write(f'\nfields of the config:\n{text}\n')
  except ValueError as error:
    return _end(f'error: {parsing.one_line(error)}', BAD_INPUT)
  return 0


def _parsed(argv: Sequence[str], load: Callable[[str], Any]) -> list[str]:
  try:
    return parsing.parse(argv, load)
  except ValueError as error:
    sys.exit(_end(f'error: {error}', BAD_INPUT))


def guarded(main: Callable[[], None]) -> int:
  """Runs `main`; returns the exit code of a program that does."""
  return _guarded(main, (), '', dict, several=False)


def _guarded(
  main: Callable[..., None],
  rest: Sequence[str],
  word: str,
  accepted: Callable[[], Mapping[str, str]],
  several: bool,
) -> int:
  _log_plainly()
  signal.signal(signal.SIGTERM, _on_signal)
  signal.signal(signal.SIGINT, _on_signal)
  try:
    words = rest if several else rest[: bool(word)]
    if word and not words:
      for name, line in accepted().items():
        sys.stdout.write(f'{name}\n    {line}\n')
      return 0
    if rest != words:
      extra = rest[len(words)]
      raise ValueError(f'{extra!r} is no flag; those begin with --')
    main(*words)
    sys.stdout.flush()
  except (ValueError, WorkdirBusy) as error:
    return _end(f'error: {parsing.one_line(error)}', BAD_INPUT)
  except (JobFailed, SaveFailed) as error:
    return _end(f'error: {parsing.one_line(error)}', UNEXPECTED)
  except BrokenPipeError:
    raise
  except OSError as error:  # Its own text names the file.
    return _end(f'error: {error}', UNEXPECTED)
  except TrainingFailed as error:
    return _end(f'error: {parsing.one_line(error)}', FAILED)
  except Interrupted as error:
    return _end(f'{error}; the same command goes on from there', STOPPED)
  except KeyboardInterrupt:
    return _end('stopped; nothing was under way', STOPPED)
  return 0


def _end(message: str, code: int) -> int:
  _log.debug('', exc_info=True)
  sys.stderr.write(message + '\n')
  return code


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
