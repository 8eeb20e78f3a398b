"""Batch jobs of Slurm, on a cluster whose machines share the home folder.

https://slurm.schedmd.com/sbatch.html, squeue.html, sacct.html and scancel.html
have the commands. A job that is preempted, or whose machine fails, is queued
again by Slurm itself; SIGTERM two minutes before its time limit has the program
save and exit with 42, and another job goes on. On one process a machine, with
all of its GPUs, `srun` starts the program.
"""

from jaxsparse.jobs import records
from jaxsparse.jobs.backend import (
  DONE,
  ERROR,
  Backend,
  Phase,
  ResourceState,
  flags,
)
from jaxsparse.jobs.commands import Call, Words
from jaxsparse.jobs.job import Job, script

_LOST = ('PREEMPTED', 'NODE_FAIL', 'BOOT_FAIL', 'TIMEOUT')


def _create(job: Job, name: str) -> Words:
  gpu = job.accelerator.startswith('gpu')
  body = script(job, ['jax[cuda13]' if gpu else 'jax[tpu]'], launcher='srun ')
  return [
    *('sbatch', '--parsable', '--requeue', '--signal=TERM@120'),
    f'--job-name={name}',
    f'--gres={job.accelerator}',
    f'--output={_log(job)}',
    '--open-mode=append',
    *flags(partition=job.cluster),
    f'--wrap={body}',
  ]


def _status(job: Job, name: str, call: Call) -> ResourceState:
  del job
  queue = call(
    ['squeue', f'--name={name}', '--me', '--noheader', '--format=%T']
  )
  if queue.code:
    return ResourceState(Phase.UNKNOWN)
  if queue.output.strip():
    return ResourceState(Phase.WAITING)
  account = call(
    [
      *('sacct', f'--name={name}', '--allocations', '--noheader'),
      *('--parsable2', '--starttime=now-7days', '--format=State,ExitCode'),
    ]
  )
  if account.code:
    return ResourceState(Phase.UNKNOWN)
  if not account.output.strip():
    return ResourceState(Phase.ABSENT)
  state, _, code = account.output.split('\n')[0].partition('|')
  if state in _LOST:
    return ResourceState(Phase.PREEMPTED)
  if state == 'COMPLETED':
    return ResourceState(Phase.ENDED, DONE)
  return ResourceState(Phase.ENDED, int(code.partition(':')[0]) or ERROR)


def _logs(job: Job, name: str) -> Words:
  del name
  return ['tail', '--lines=100', _log(job)]


def _log(job: Job) -> str:
  return str(records.folder(job.name) / 'log')


def _delete(job: Job, name: str) -> Words:
  del job
  return ['scancel', '--me', f'--name={name}']


BACKEND = Backend(
  _create,
  _status,
  None,
  _logs,
  _delete,
  frozenset({Phase.ABSENT, Phase.PREEMPTED, Phase.ENDED}),
)
