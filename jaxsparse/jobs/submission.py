"""The loop over attempts: a job is run until it is done, and leaves nothing."""

import dataclasses
import logging
import pathlib
import time

from jaxsparse.errors import JobFailed, TrainingFailed
from jaxsparse.jobs import commands, records
from jaxsparse.jobs.attempt import PREEMPTED, Attempt, Sleep
from jaxsparse.jobs.backend import BAD_INPUT, DONE, NON_FINITE, RESUMES
from jaxsparse.jobs.backends import BACKENDS
from jaxsparse.jobs.commands import Call, Words
from jaxsparse.jobs.job import Job
from jaxsparse.jobs.records import JobRecord

# Errors may pass: a quota, a lost machine, a network.
_ERRORS_IN_A_ROW = 3
_ATTEMPTS = 100
# Tries, while there is nothing to lose.
_PATIENCE = 3
_PAUSE = 30.0

_log = logging.getLogger(__name__)


def submit(
  job: Job, call: Call = commands.call, sleep: Sleep = time.sleep
) -> pathlib.Path:
  """Runs a job to its end and returns the local copy of its report.

  The same call goes on with a job that was interrupted, and returns the report
  of one that is done. At most one resource exists at any time, and none when
  this returns or raises, unless the error says so.

  Raises:
    WorkdirBusy: another process is at it.
    ValueError: the program had bad input.
    TrainingFailed: its loss turned non-finite.
    JobFailed: there were too many errors, or something could not be deleted.
  """
  with records.lock(job.name):
    record = records.load(job.name) or JobRecord(job)
    if record.code != DONE:
      if record.code is None and record.job != job:
        # Begun with another commit, or on another kind of machine.
        Attempt(record, call, sleep).delete()
        record = _next(record)
      record = records.save(JobRecord(job, record.attempt))
      record = _until_it_ends(record, call, sleep)
      _check(record)
    return _collect(record.job, call)


def plan(job: Job, call: Call) -> None:
  """Passes the commands of an attempt that succeeds to `call`, in order."""
  backend, name = BACKENDS[job.backend], JobRecord(job).resource
  call(backend.create(job, name))
  backend.status(job, name, call)
  if backend.attach:
    call(backend.attach(job, name))
  call(backend.delete(job, name))
  call(_copy(job))


def delete(
  name: str, call: Call = commands.call, sleep: Sleep = time.sleep
) -> None:
  """Deletes what a job that nobody is at has left.

  Raises:
    WorkdirBusy: a process is at it.
    JobFailed: something could not be deleted.
  """
  with records.lock(name):
    record = records.load(name)
    if record:
      Attempt(record, call, sleep).delete()
      records.save(_next(record))


def _until_it_ends(record: JobRecord, call: Call, sleep: Sleep) -> JobRecord:
  """Returns the record with the exit code, after as many attempts as needed."""
  errors, first = 0, record.attempt
  while True:
    attempt = Attempt(record, call, sleep)
    state = attempt.known_state(_PATIENCE)
    try:
      code = attempt.run(state)
    finally:
      attempt.delete()
    _log.info('attempt %d %s', record.attempt, _ending(code))
    record = records.save(_next(record))
    errors = 0 if code in (PREEMPTED, *RESUMES) else errors + 1
    final = code in (DONE, BAD_INPUT, NON_FINITE)
    enough = record.attempt - first == _ATTEMPTS
    if final or enough or errors == _ERRORS_IN_A_ROW:
      return records.save(dataclasses.replace(record, code=code))
    sleep(_PAUSE * 2**errors)


def _next(record: JobRecord) -> JobRecord:
  return dataclasses.replace(record, attempt=record.attempt + 1)


def _ending(code: int | None) -> str:
  if code == PREEMPTED:
    return 'was preempted'
  return f'ended with exit code {code}'


def _check(record: JobRecord) -> None:
  name = record.job.name
  if record.code == BAD_INPUT:
    raise ValueError(f'{name} had bad input; what it printed is above')
  if record.code == NON_FINITE:
    raise TrainingFailed(f'{name}: the loss turned non-finite')
  if record.code != DONE:
    raise JobFailed(
      f'{name}: given up at attempt {record.attempt - 1}, which'
      f' {_ending(record.code)}; the same command tries again'
    )


def _collect(job: Job, call: Call) -> pathlib.Path:
  """Returns the local copy of the report."""
  ended = call(_copy(job))
  if ended.code:
    raise JobFailed(
      f'{job.name} is done, but its report was not copied: {ended.output}'
    )
  return _local_report(job)


def _copy(job: Job) -> Words:
  program = ['cp']
  if job.workdir.startswith('gs://'):
    program = ['gcloud', '--quiet', 'storage', 'cp']
  source = f'{job.workdir.rstrip("/")}/{job.report}'
  return [*program, source, str(_local_report(job))]


def _local_report(job: Job) -> pathlib.Path:
  return records.folder(job.name) / pathlib.PurePath(job.report).name
