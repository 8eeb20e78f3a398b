"""Cloud TPU VMs as queued resources, by gcloud.

https://cloud.google.com/tpu/docs/queued-resources has the states, and
https://cloud.google.com/sdk/gcloud/reference/compute/tpus the commands.
"""

import re

from jaxsparse.jobs.backend import Backend, Phase, ResourceState, flags
from jaxsparse.jobs.commands import Call, Words
from jaxsparse.jobs.job import Job, attach_script, folder

_TPUS = ('gcloud', '--quiet', 'compute', 'tpus')
# https://cloud.google.com/tpu/docs/runtimes
_RUNTIMES = {
  'v5litepod': 'v2-alpha-tpuv5-lite',
  'v5p': 'v2-alpha-tpuv5',
  'v6e': 'v2-alpha-tpuv6e',
}
_OLD_RUNTIME = 'tpu-ubuntu2204-base'
_PHASES = {
  'ACTIVE': ResourceState(Phase.READY),
  'FAILED': ResourceState(Phase.ENDED),
  'SUSPENDING': ResourceState(Phase.PREEMPTED),
  'SUSPENDED': ResourceState(Phase.PREEMPTED),
  'DELETING': ResourceState(Phase.PREEMPTED),
}


def _create(job: Job, name: str) -> Words:
  kind = job.accelerator.partition('-')[0]
  return [
    *_TPUS,
    'queued-resources',
    'create',
    name,
    f'--node-id={name}',
    f'--accelerator-type={job.accelerator}',
    f'--runtime-version={_RUNTIMES.get(kind, _OLD_RUNTIME)}',
    *(['--spot'] if job.spot else []),
    *_place(job),
  ]


def _status(job: Job, name: str, call: Call) -> ResourceState:
  ended = call(
    [
      *_TPUS,
      'queued-resources',
      'describe',
      name,
      '--format=value(state.state)',
      *_place(job),
    ]
  )
  if ended.code:
    absent = re.search('NOT_FOUND|not found', ended.output)
    return ResourceState(Phase.ABSENT if absent else Phase.UNKNOWN)
  # Warnings may precede it.
  state = (ended.output.split() or [''])[-1]
  return _PHASES.get(state, ResourceState(Phase.WAITING))


def _attach(job: Job, name: str) -> Words:
  command = attach_script(job, ['jax[tpu]'])
  return [*_ssh(job, name), '--worker=all', f'--command={command}']


def _logs(job: Job, name: str) -> Words:
  command = f'tail --lines=100 {folder(job)}/log'
  return [*_ssh(job, name), '--worker=0', f'--command={command}']


def _ssh(job: Job, name: str) -> list[str]:
  return [*_TPUS, 'tpu-vm', 'ssh', name, *_place(job)]


def _delete(job: Job, name: str) -> Words:
  return [*_TPUS, 'queued-resources', 'delete', name, '--force', *_place(job)]


def _place(job: Job) -> list[str]:
  return flags(zone=job.zone, project=job.project)


BACKEND = Backend(_create, _status, _attach, _logs, _delete)
