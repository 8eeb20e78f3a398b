r"""Shows the jobs that `launch.tpu.submit` ran from here, and cancels them.

  python -m launch.tpu.jobs status [NAME ...]
  python -m launch.tpu.jobs logs NAME
  python -m launch.tpu.jobs cancel NAME

`status` prints a line on each job: how it ended, or its attempt and what its
machine is doing. `logs` prints the end of what the program wrote. `cancel`
stops the process that submitted a job, which then deletes its machine, or
deletes what a killed one left.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from jaxsparse.cli import actions, command

if TYPE_CHECKING:
  from jaxsparse.jobs.records import JobRecord


def _status(*names: str) -> None:
  """[NAME ...]: prints the state of jobs, by default of all."""
  import time

  from jaxsparse.jobs import commands, records
  from jaxsparse.jobs.attempt import Attempt

  for name in names or records.names():
    record = _record(name)
    if record.code is not None:
      print(f'{name}: ended with exit code {record.code}')
      continue
    pid = records.holder(name)
    state = Attempt(record, commands.call, time.sleep).state()
    print(
      f'{name}: attempt {record.attempt} on {record.job.backend},'
      f' {state.phase.value},'
      f' {f"submitted by pid {pid}" if pid else "nobody is at it"}'
    )


def _logs(name: str) -> None:
  """NAME: prints the end of what the program wrote."""
  from jaxsparse.jobs import commands
  from jaxsparse.jobs.backends import BACKENDS

  record = _record(name)
  backend = BACKENDS[record.job.backend]
  ended = commands.call(backend.logs(record.job, record.resource), print)
  if ended.code:
    sys.exit(command.UNEXPECTED)


def _cancel(name: str) -> None:
  """NAME: stops a job and deletes its machine."""
  from jaxsparse.jobs import records, submission

  _record(name)
  pid = records.holder(name)
  if pid:
    os.kill(pid, signal.SIGTERM)
    print(f'pid {pid} was asked to stop; it deletes the machine of {name}')
    return
  with command.at_once():
    submission.delete(name)
  print(f'{name}: deleted')


def _record(name: str) -> JobRecord:
  """Returns the record of a job.

  Raises:
    ValueError: there is none.
  """
  from jaxsparse.core import choices
  from jaxsparse.jobs import records

  choices.check(f'got {name!r}', name, records.names())
  record = records.load(name)
  if record is None:
    raise ValueError(f'{name}: its record is gone')
  return record


_ACTIONS: dict[str, actions.Action] = {
  'status': _status,
  'logs': _logs,
  'cancel': _cancel,
}


def main(action: str, *words: str) -> None:
  """Runs one action on its arguments."""
  actions.call(_ACTIONS, action, words)


def run() -> None:
  """Runs the program `jaxsparse-jobs`."""
  command.run(main, **actions.options(_ACTIONS), cached=False)


if __name__ == '__main__':
  run()
