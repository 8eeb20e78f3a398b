"""Whole processes, as a user starts them."""

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from jaxsparse.benchmarks.harness import Thunk

# In a checkout the programs are `launch`, installed they lie under `jaxsparse`.
LAUNCH = 'launch' if importlib.util.find_spec('launch') else 'jaxsparse.launch'
PYTHON = sys.executable


class ProcessFailed(RuntimeError):
  """A process ended with another exit code than it should."""


def run(
  *command: str,
  code: int = 0,
  environment: Mapping[str, str] = MappingProxyType({}),
) -> None:
  """Runs a process to its end.

  Args:
    *command: the program and its arguments.
    code: the exit code that is expected.
    environment: variables that it has besides those of this process.

  Raises:
    ProcessFailed: it ended with another exit code; with what it wrote.
  """
  ended = subprocess.run(
    command,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
    env={**os.environ, **environment},
  )
  if ended.returncode != code:
    raise ProcessFailed(
      f'{" ".join(command)} ended with {ended.returncode}:\n{ended.stdout}'
    )


def launch(
  program: str, *flags: str, workdir: bool = True, code: int = 0
) -> None:
  """Runs a program of `launch`, in a workdir that is then deleted."""
  command = [PYTHON, '-m', f'{LAUNCH}.{program}', *flags]
  if not workdir:
    run(*command, code=code)
    return
  with tempfile.TemporaryDirectory() as folder:
    run(*command, f'--workdir={folder}/work', code=code)


def cold(program: str, *flags: str) -> Thunk:
  """Returns a thunk of `launch` with nothing compiled before."""

  def thunk() -> None:
    with tempfile.TemporaryDirectory() as folder:
      launch(program, *flags, f'--compilation_cache={folder}')

  return thunk


def warm(program: str, *flags: str, cache: Path) -> Thunk:
  """Returns a thunk of `launch` that compiles nothing from the second call."""
  return lambda: launch(program, *flags, f'--compilation_cache={cache}')


@contextlib.contextmanager
def one_core() -> Iterator[None]:
  """Confines processes that are started here to one core (Linux)."""
  cores = os.sched_getaffinity(0)
  os.sched_setaffinity(0, {min(cores)})
  try:
    yield
  finally:
    os.sched_setaffinity(0, cores)
