"""What every binary shares: config names, one-line errors, exit codes.

Exit codes: 0 done; 2 bad input; 3 the loss of every replicate turned
non-finite; 42 stopped by SIGTERM or SIGINT, after a save; 1 anything else.
"""

import logging
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from absl import app, flags
from absl import logging as absl_logging

from jaxsparse.experiments import config as config_lib
from jaxsparse.experiments import config_files
from jaxsparse.experiments.resolve import check_field
from jaxsparse.experiments.train import TrainingFailed
from jaxsparse.training.locks import WorkdirBusy
from jaxsparse.training.loop import Interrupted

BAD_INPUT = 2
FAILED = 3
STOPPED = 42

_stop = False


def interrupted() -> bool:
  """Whether SIGTERM or SIGINT has arrived."""
  return _stop


def required(flag: flags.FlagHolder[Any]) -> Any:
  """The value of a flag that must be given."""
  if flag.value is None:
    raise ValueError(f'--{flag.name} is required')
  return flag.value


def run(main: Callable[[], None]) -> None:
  """Parses flags and runs `main`; ends the process with its exit code."""
  app.run(lambda _: sys.exit(_guarded(main)), flags_parser=_parse_flags)


def _guarded(main: Callable[[], None]) -> int:
  _log_plainly()
  signal.signal(signal.SIGTERM, _on_signal)
  signal.signal(signal.SIGINT, _on_signal)
  try:
    main()
  except (ValueError, WorkdirBusy) as error:
    return _end(f'error: {error}', BAD_INPUT)
  except TrainingFailed as error:
    return _end(f'error: {error}', FAILED)
  except Interrupted as error:
    return _end(f'{error}; the same command goes on from there', STOPPED)
  return 0


def _end(message: str, code: int) -> int:
  sys.stderr.write(message + '\n')
  return code


def _on_signal(signum: int, frame: FrameType | None) -> None:
  """Asks the loop to save and stop; a second signal ends the process."""
  global _stop
  del frame
  if _stop:
    sys.exit(128 + signum)
  _stop = True


def _log_plainly() -> None:
  absl_logging.use_python_logging(quiet=True)
  logging.basicConfig(
    level=logging.WARNING,
    format='%(asctime)s %(message)s',
    datefmt='%H:%M:%S',
    force=True,
  )
  logging.getLogger('jaxsparse').setLevel(logging.INFO)


def _parse_flags(argv: Sequence[str]) -> list[str]:
  """Parses, with one clear line for a wrong flag or config field."""
  try:
    return flags.FLAGS([_named_config(argument) for argument in argv])
  except (
    flags.Error,
    AttributeError,
    ImportError,
    KeyError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
  ) as error:
    sys.exit(_end(f'error: {_one_line(error, argv)}', BAD_INPUT))


def _named_config(argument: str) -> str:
  flag, equals, value = argument.partition('=')
  if flag in ('--config', '-config') and equals:
    return f'{flag}={config_files.locate(value)}'
  return argument


def _one_line(error: Exception, argv: Sequence[str]) -> str:
  """What went wrong, in one line."""
  given = dict(a.lstrip('-').partition('=')[::2] for a in argv if '=' in a)
  if isinstance(error, AttributeError | KeyError) and 'config' in given:
    known = config_lib.plain(config_files.load(given['config']))
    try:
      for name in given:
        if name.startswith('config.'):
          check_field(known, name.removeprefix('config.'))
    except ValueError as unknown:
      return str(unknown)
  text = str(error.args[0]) if error.args else type(error).__name__
  return ' '.join(text.split())
