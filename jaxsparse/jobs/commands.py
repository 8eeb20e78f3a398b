"""Commands of other programs: run one, or write it down."""

import logging
import shlex
import subprocess
from collections.abc import Callable, Sequence
from typing import NamedTuple

_log = logging.getLogger(__name__)

Words = Sequence[str]


class Ended(NamedTuple):
  """The exit code of a command, and its stdout and stderr together."""

  code: int
  output: str


Call = Callable[[Words], Ended]


def call(words: Words, on_line: Callable[[str], None] = _log.debug) -> Ended:
  """Runs a command to its end.

  Args:
    words: the command.
    on_line: takes each line of output as it comes.

  Raises:
    ValueError: there is no such program.
  """
  _log.debug('%s', shlex.join(words))
  try:
    process = subprocess.Popen(
      list(words),
      stdin=subprocess.DEVNULL,
      stdout=subprocess.PIPE,
      stderr=subprocess.STDOUT,
      text=True,
      errors='replace',
      start_new_session=True,  # Ctrl-C is for us alone: we may have to delete.
    )
  except FileNotFoundError as error:
    raise ValueError(f'{words[0]} is not on the PATH; install it') from error
  lines = []
  with process:
    try:
      for line in process.stdout or ():
        on_line(line.rstrip('\n'))
        lines.append(line)
    except BaseException:
      process.terminate()
      process.wait()  # On Ctrl-C leaving the block waits a quarter of a second.
      raise
  return Ended(process.returncode, ''.join(lines))


def recorder(out: Callable[[str], None]) -> Call:
  """Returns a `Call` that hands commands to `out` and runs none."""

  def record(words: Words) -> Ended:
    out(shlex.join(words))
    return Ended(0, '')

  return record
